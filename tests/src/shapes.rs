//! The four shapes, simple and opened.

use std::collections::HashSet;

use tokio::task::JoinSet;
use ziggurat::Peer;
use ziggurat_examples::cafe::{Bean, Coffee, CoffeeMachineStub, Filter, LatteOrder, Line, Receipt};

use crate::{Failure, same};

pub(crate) fn order() -> LatteOrder {
    let name = "Ada".to_owned();
    LatteOrder { sugar: 3, name }
}

pub(crate) fn coffee() -> Coffee {
    let name = "Ada".to_owned();
    Coffee {
        name,
        temperature: 87,
    }
}

pub(crate) fn line(text: &str) -> Line {
    Line {
        text: text.to_owned(),
    }
}

fn bean(grams: u32) -> Bean {
    let origin = "Jimma".to_owned();
    Bean { origin, grams }
}

pub(crate) async fn unary(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    same(cafe.make_latte(order()).await?, coffee())
}

pub(crate) async fn server_streaming(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let mut orders = cafe
        .watch(Filter {
            count: 100,
            size: 10,
        })
        .await?;
    for number in 0..100 {
        let order = orders.recv().await?.ok_or("the stream ended early")?;
        same((order.number, order.padding.len()), (number, 10))?;
    }
    same(orders.recv().await?, None)?;
    let none = cafe.watch(Filter::default()).collect().await?;
    same(none, vec![])
}

pub(crate) async fn client_streaming(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let receipt = cafe.upload((1..=100).map(bean)).await?;
    same(
        receipt,
        Receipt {
            beans: 100,
            grams: 5050,
        },
    )?;
    let stream = tokio_stream::iter((1..=100).map(bean));
    same(cafe.upload(stream).await?.grams, 5050)?;
    same(cafe.upload([]).await?, Receipt::default())
}

pub(crate) async fn bidi(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let lines: Vec<_> = (0..100).map(|number| line(&number.to_string())).collect();
    same(cafe.chat(lines.clone()).collect().await?, lines)
}

pub(crate) async fn opened_bidi(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let mut call = cafe.open().chat();
    call.send_request().await?;
    for text in ["one", "two", "three"] {
        call.send(line(text)).await?;
        same(call.recv().await?, Some(line(text)))?;
    }
    call.send_last(line("bye")).await?;
    same(call.recv().await?, Some(line("bye")))?;
    same(call.recv().await?, None)?;
    let trailing = call.finish().await?;
    same(trailing.get("x-saw-messages"), Some("4"))
}

pub(crate) async fn split_bidi(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    const LINES: usize = 2000;
    let (mut sender, mut answers) = cafe.open().chat().split().await?;
    let sending = tokio::spawn(async move {
        for number in 0..LINES {
            sender.send(line(&number.to_string())).await?;
        }
        sender.end()
    });
    for number in 0..LINES {
        same(answers.recv().await?, Some(line(&number.to_string())))?;
    }
    same(answers.recv().await?, None)?;
    Ok(sending.await??)
}

pub(crate) async fn opened_client_streaming(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let mut call = cafe.open().upload();
    call.send(bean(1)).await?;
    call.send(bean(2)).await?;
    let receipt = call.end().await?.await?;
    same(receipt, Receipt { beans: 2, grams: 3 })?;
    let receipt = cafe.open().upload().end().await?.await?;
    same(receipt, Receipt::default())
}

pub(crate) async fn empty_messages(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    same(
        cafe.make_latte(LatteOrder::default()).await?.temperature,
        90,
    )?;
    let nothing = vec![line(""); 3];
    same(cafe.chat(nothing.clone()).collect().await?, nothing)
}

pub(crate) async fn large_messages(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let long = line(&"a".repeat(1024 * 1024));
    let answers = cafe.chat(vec![long.clone(); 4]).collect().await?;
    // Not `same`: nobody wants to read the difference.
    if answers != vec![long; 4] {
        return Err("the answers differ from what was sent".into());
    }
    let size = 1024 * 1024;
    let orders = cafe.watch(Filter { count: 4, size }).collect().await?;
    let sizes = orders.iter().map(|order| order.padding.len());
    same(sizes.collect::<Vec<_>>(), [1024 * 1024; 4])
}

pub(crate) async fn many_at_once(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let calls: JoinSet<_> = (0..200).map(|_| cafe.make_latte(order()).send()).collect();
    let mut connections = HashSet::new();
    for response in calls.join_all().await {
        let response = response?;
        same(response.message(), &coffee())?;
        connections.insert(response.peer().and_then(Peer::local_addr));
    }
    same(connections.len(), 1)
}
