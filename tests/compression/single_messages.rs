//! Messages that their sender does not want compressed.

use ziggurat::{CallOptions, Status, compression::Gzip};
use ziggurat_examples::cafe::{CoffeeMachineStub, Filter};

use crate::cafe::{Cafe, bean, line, long, order};

/// The flags of the messages that a call sends whose stub compresses.
async fn flags<T>(call: impl AsyncFnOnce(CoffeeMachineStub) -> Result<T, Status>) -> Vec<u8> {
    let mut cafe = Cafe::with(CallOptions::new().compress_with(Gzip::new())).await;
    let sent = cafe
        .sent(async |cafe| drop(call(cafe).await.unwrap()))
        .await;
    assert_eq!(sent.header("grpc-encoding"), ["gzip"]);
    sent.flags()
}

#[tokio::test]
async fn of_a_chat() {
    //
    let flags = flags(async |cafe| {
        let mut call = cafe.open().chat();
        call.send(line(long())).await?;
        call.send_uncompressed(line(long())).await?;
        call.send_last(line(long())).await?;
        call.finish().await
    });
    assert_eq!(flags.await, [1, 0, 1]);
}

#[tokio::test]
async fn of_a_chat_in_two_halves() {
    //
    let flags = flags(async |cafe| {
        let (mut sender, answers) = cafe.open().chat().split().await?;
        sender.send(line(long())).await?;
        sender.send_uncompressed(line(long())).await?;
        sender.send_last(line(long())).await?;
        answers.finish().await
    });
    assert_eq!(flags.await, [1, 0, 1]);
}

#[tokio::test]
async fn of_an_upload() {
    //
    let flags = flags(async |cafe| {
        let mut call = cafe.open().upload();
        call.send_uncompressed(bean(long())).await?;
        call.send(bean(long())).await?;
        call.end().await?.await
    });
    assert_eq!(flags.await, [0, 1]);
}

#[tokio::test]
async fn of_calls_with_one() {
    //
    let unary = flags(async |cafe| cafe.open().make_latte().send(order(long())).await?.await);
    assert_eq!(unary.await, [1]);
    let unary = flags(async |cafe| {
        let call = cafe.open().make_latte();
        call.send_uncompressed(order(long())).await?.await
    });
    assert_eq!(unary.await, [0]);
    let streamed = flags(async |cafe| {
        let call = cafe.open().watch();
        call.send_uncompressed(Filter::default())
            .await?
            .finish()
            .await
    });
    assert_eq!(streamed.await, [0]);
}
