//! Calls a coffee machine in every way gRPC knows, and shows what happens.
//!
//! The machine is a real gRPC server (tonic's) on a loopback port; the stub is generated from `proto/cafe.proto`. One
//! sees the four shapes of a call, metadata in both directions, a call in single steps, and three that fail: at their
//! deadline, with details from the server, and since nobody is there.

use std::{error::Error, time::Duration};

use ziggurat::{CallOptions, Channel, Peer, Status};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder, Line},
    server::{self, GODOT, SPOONS},
};
use ziggurat_types::{Detail, StandardDetails};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> Result {
    let (address, _serving) = server::serve(server::Machine).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let cafe = CoffeeMachineStub::new(channel) // clones of the channel, and of the stub, share its connection
        .with(CallOptions::new().timeout(Duration::from_secs(5)));
    println!("A coffee machine waits on a loopback port. The channel connects at the first call.");

    title("Unary: one order, one coffee");
    let coffee = cafe.make_latte(order("Ada", 3)).await?;
    println!("  make_latte(Ada, 3 spoons)   {coffee:?}");

    title("Metadata: beside the message, there and back");
    metadata(&cafe).await?;

    title("Server streaming: one question, many answers");
    watch(&cafe).await?;

    title("Client streaming: many messages, one answer");
    let receipt = cafe
        .upload([bean("Sidamo", 120), bean("Huila", 80)])
        .await?;
    println!("  upload(Sidamo, Huila)       {receipt:?}");

    title("Bidirectional: many messages, many answers");
    let lines = cafe.chat([line("hello"), line("still hot?")]).collect();
    for answer in lines.await? {
        println!("  chat(..)                    {:?}", answer.text);
    }

    title("Opened: the same chat, step by step");
    opened(&cafe).await?;

    failures(&cafe).await
}

async fn metadata(cafe: &CoffeeMachineStub) -> Result {
    let response = cafe
        .make_latte(order("Grace", 1))
        .metadata("x-table", "7")
        .metadata_bin("x-receipt-bin", [0xca, 0xfe])
        .send() // asks for more than the message
        .await?;
    println!("  make_latte(Grace, 1 spoon)  {:?}", response.message());
    let initial = response.initial_metadata();
    println!("  it echoed x-table           {:?}", initial.get("x-table"));
    let receipt = initial.get_bin("x-receipt-bin").transpose()?;
    println!("  and x-receipt-bin           {:x?}", receipt.as_deref());
    let server = response.peer().and_then(Peer::remote_addr);
    println!("  answered by                 {:?}", server.map(|a| a.ip()));
    Ok(())
}

async fn watch(cafe: &CoffeeMachineStub) -> Result {
    let mut orders = cafe.watch(Filter { count: 3, size: 0 }).await?;
    while let Some(order) = orders.recv().await? {
        println!("  watch(3 orders)             {:?}", order.name);
    }
    println!("  the end                     OK");
    Ok(())
}

async fn opened(cafe: &CoffeeMachineStub) -> Result {
    let mut call = cafe.open().chat();
    call.send_request().await?;
    println!("  send_request()              headers are on their way, and no message yet");
    call.send(line("one latte")).await?;
    println!("  send(\"one latte\")           {:?}", call.recv().await?);
    call.send_last(line("thanks")).await?;
    println!("  send_last(\"thanks\")         {:?}", call.recv().await?);
    println!("  recv()                      {:?}", call.recv().await?);
    let trailing = call.finish().await?;
    println!("  finish()                    trailing metadata {trailing:?}");
    Ok(())
}

async fn failures(cafe: &CoffeeMachineStub) -> Result {
    title("A deadline: Godot is given a tenth of a second, and never comes");
    let waiting = cafe.make_latte(order(GODOT, 0));
    let late = waiting.timeout(Duration::from_millis(100)).await;
    explain(&late.expect_err("nobody answers"));

    title("An error of the server: one spoon too many, with details");
    let refused = cafe.make_latte(order("Bob", SPOONS + 1)).await;
    details(&refused.expect_err("it is too sweet"))?;

    title("Nobody is there: a port without a server");
    let nowhere = Channel::builder("http://127.0.0.1:1")?.connect_lazy();
    let nobody = CoffeeMachineStub::new(nowhere);
    let refused = nobody.make_latte(order("Eve", 1)).await;
    explain(&refused.expect_err("no server has port 1"));
    Ok(())
}

/// Shows what a server says about a failure: words, `google.rpc` details, trailing metadata.
fn details(status: &Status) -> Result {
    explain(status);
    let details = status.details::<StandardDetails>().transpose()?;
    for detail in details.into_iter().flat_map(|status| status.details) {
        match detail {
            Detail::ErrorInfo(info) => println!("  {:<28}{}", "reason", info.reason),
            Detail::BadRequest(bad) => {
                for field in bad.field_violations {
                    println!("  {:<28}{}", field.field, field.description);
                }
            }
            other => println!("  {other:?}"),
        }
    }
    let spoons = status.trailing_metadata().get("x-spoons");
    println!("  trailing x-spoons           {spoons:?}");
    Ok(())
}

/// Shows what a call failed with, who said so, and why.
fn explain(status: &Status) {
    let side = if status.is_local() { "here" } else { "there" };
    println!("  {:<28}decided {side}", status.code().name());
    println!("  {}", status.message());
    // Only what the message does not tell.
    let mut source = status.source();
    while let Some(cause) = source {
        println!("  because {cause}");
        source = cause.source();
    }
}

fn title(text: &str) {
    println!("\n{text}");
}

fn order(name: &str, sugar: i32) -> LatteOrder {
    let name = name.into();
    LatteOrder { sugar, name }
}

fn bean(origin: &str, grams: u32) -> Bean {
    let origin = origin.into();
    Bean { origin, grams }
}

fn line(text: &str) -> Line {
    let text = text.into();
    Line { text }
}
