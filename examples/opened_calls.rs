//! Drives calls of all four shapes by hand: what is sent when, and what is read when.
//!
//! `open()` gives the stub's methods once more, without messages. One sees headers sent before any message, an upload
//! whose pieces are made on the way, a chat whose two halves live in two tasks, and a call that is given up.

use std::error::Error;

use tokio_stream::StreamExt;
use ziggurat::{Channel, Status};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder, Line},
    server,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, _serving) = server::serve(server::Machine).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let cafe = CoffeeMachineStub::new(channel);

    one_message(&cafe).await?;
    upload(&cafe).await?;
    two_tasks(&cafe).await?;
    given_up(&cafe).await?;
    Ok(())
}

/// One message: `send` ends the request, and gives what is to be awaited.
async fn one_message(cafe: &CoffeeMachineStub) -> Result<(), Status> {
    let mut latte = cafe.open().make_latte();
    latte.send_request().await?;
    println!("make_latte: the headers are sent, the order is not");
    let order = LatteOrder::default();
    let reply = latte.send(order).await?;
    println!("make_latte: {:?}", reply.await?);

    let filter = Filter { count: 3, size: 0 };
    let orders = cafe.open().watch().send(filter).await?;
    let names = orders.map(|order| order.map(|order| order.name));
    let names: Result<Vec<_>, _> = names.collect().await; // a `Stream` like any other
    println!("watch: {:?}", names?);
    Ok(())
}

/// Many messages, each made when the one before was accepted; its answer with what came beside it.
async fn upload(cafe: &CoffeeMachineStub) -> Result<(), Status> {
    let mut upload = cafe.open().upload();
    for grams in [120, 80] {
        let origin = format!("bag of {grams} g");
        upload.send(Bean { origin, grams }).await?;
    }
    let response = upload.end().await?.response().await?;
    let peer = response.peer().is_some();
    println!("upload: {:?}, peer known: {peer}", response.message());
    Ok(())
}

/// The two halves of a chat share no lock, and each may block as it likes.
async fn two_tasks(cafe: &CoffeeMachineStub) -> Result<(), Box<dyn Error>> {
    let (mut sender, mut answers) = cafe.open().chat().split().await?;
    let speaking = tokio::spawn(async move {
        for count in 0..1000 {
            sender.send(line(&count.to_string())).await?;
        }
        sender.send_last(line("bye")).await
    });
    let (mut count, mut last) = (0, None);
    while let Some(answer) = answers.recv().await? {
        (count, last) = (count + 1, Some(answer.text));
    }
    speaking.await??;
    println!("chat in two tasks: {count} answers, the last {last:?}");
    Ok(())
}

/// Dropping a half before its end gives the whole call up; the other half sees that.
async fn given_up(cafe: &CoffeeMachineStub) -> Result<(), Status> {
    let (mut sender, mut answers) = cafe.open().chat().split().await?;
    sender.send(line("excuse me")).await?;
    println!("chat: {:?}", answers.recv().await?);
    drop(sender); // without `end`: half a request must not look whole
    let over = answers.recv().await;
    println!("chat: {}", over.expect_err("it was given up"));

    let call = cafe.open().chat();
    call.cancel(); // says the same in a word
    Ok(())
}

fn line(text: &str) -> Line {
    let text = text.into();
    Line { text }
}
