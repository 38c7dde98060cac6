//! Opened calls that are dropped, whole or in halves: the server sees RST_STREAM with CANCEL (B-20).

use std::error::Error;

use ziggurat::{
    Code, Status, Streaming,
    open::{Opened, Over, Reply},
};
use ziggurat_examples::cafe::CoffeeMachineStub;
use ziggurat_testing::peer::Connection;

use crate::cafe::{
    Cafe, answer, answer_once, assert_cut_off, bean, filter, line, order, take, within,
};

/// A handle goes, dropped and cancelled, before and after the answer's headers.
async fn goes<H>(begin: impl AsyncFn(&Cafe) -> H, cancel: fn(H), check: fn(&[String])) {
    for go in [drop, cancel] {
        gone(&begin, go, take, check).await;
        gone(&begin, go, answer, check).await;
    }
}

async fn gone<H>(
    begin: impl AsyncFn(&Cafe) -> H,
    go: fn(H),
    script: impl AsyncFnOnce(&mut Connection),
    check: fn(&[String]),
) {
    within(async {
        let mut cafe = Cafe::open().await;
        let handle = begin(&cafe).await;
        script(&mut cafe.peer).await;
        go(handle);
        check(&cafe.frames().await);
        cafe.serves_another().await;
    })
    .await;
}

/// The request had not ended.
fn cut_off(frames: &[String]) {
    assert_cut_off(frames, "CANCEL");
}

/// The request had ended with one message.
fn complete(frames: &[String]) {
    let whole = ["HEADERS 1", "DATA 1 (7) END_STREAM", "RST_STREAM 1 CANCEL"];
    assert_eq!(frames, whole);
}

#[tokio::test]
async fn heads_alone() {
    let unary = async |cafe: &Cafe| {
        let mut call = cafe.stub.open().make_latte();
        call.send_request().await.unwrap();
        call
    };
    goes(unary, Opened::cancel, cut_off).await;
    let server_stream = async |cafe: &Cafe| {
        let mut call = cafe.stub.open().watch();
        call.send_request().await.unwrap();
        call
    };
    goes(server_stream, Opened::cancel, cut_off).await;
    let client_stream = async |cafe: &Cafe| {
        let mut call = cafe.stub.open().upload();
        call.send_request().await.unwrap();
        call
    };
    goes(client_stream, Opened::cancel, cut_off).await;
    let bidi = async |cafe: &Cafe| {
        let mut call = cafe.stub.open().chat();
        call.send_request().await.unwrap();
        call
    };
    goes(bidi, Opened::cancel, cut_off).await;
}

#[tokio::test]
async fn requests_that_go_on() {
    let client_stream = async |cafe: &Cafe| {
        let mut call = cafe.stub.open().upload();
        call.send(bean()).await.unwrap();
        call
    };
    goes(client_stream, Opened::cancel, cut_off).await;
    let bidi = async |cafe: &Cafe| {
        let mut call = cafe.stub.open().chat();
        call.send(line()).await.unwrap();
        call
    };
    goes(bidi, Opened::cancel, cut_off).await; // L-5
}

#[tokio::test]
async fn answers_to_come() {
    let unary = async |cafe: &Cafe| cafe.stub.open().make_latte().send(order()).await.unwrap();
    goes(unary, Reply::cancel, complete).await;
    let server_stream = async |cafe: &Cafe| cafe.stub.open().watch().send(filter()).await.unwrap();
    goes(server_stream, Streaming::cancel, complete).await;
    let client_stream =
        async |cafe: &Cafe| cafe.stub.open().upload().send_last(bean()).await.unwrap();
    goes(client_stream, Reply::cancel, complete).await;
    let bidi = async |cafe: &Cafe| {
        let mut call = cafe.stub.open().chat();
        call.end().await.unwrap();
        call
    };
    goes(bidi, Opened::cancel, |frames| {
        let whole = ["HEADERS 1", "DATA 1 (0) END_STREAM", "RST_STREAM 1 CANCEL"];
        assert_eq!(frames, whole);
    })
    .await;
}

#[tokio::test]
async fn halves_of_a_split_call_together() {
    let halves = async |cafe: &Cafe| cafe.stub.open().chat().split().await.unwrap();
    goes(
        halves,
        |(sender, answers)| {
            answers.cancel();
            drop(sender);
        },
        cut_off,
    )
    .await;
}

#[tokio::test]
async fn calls_in_the_middle_of_their_answer() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().chat();
        call.send(line()).await.unwrap();
        answer_once(&mut cafe.peer).await;
        call.recv().await.unwrap();
        drop(call);
        cut_off(&cafe.frames().await); // L-5
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn a_finish_that_is_dropped() {
    within(async {
        let mut cafe = Cafe::open().await;
        let call = async |cafe: CoffeeMachineStub| cafe.open().chat().finish().await;
        cafe.drop_after(call, answer_once).await;
        let whole = ["HEADERS 1", "DATA 1 (0) END_STREAM", "RST_STREAM 1 CANCEL"];
        assert_eq!(cafe.frames().await, whole);
        cafe.serves_another().await;
    })
    .await;
}

/// CANCELLED, as the application still watches the call (B-21).
fn assert_sender_dropped(status: &Status) {
    assert_eq!(status.code(), Code::Cancelled);
    let text = "the sender was dropped before the end of the request";
    assert_eq!(status.message(), text);
}

#[tokio::test]
async fn senders_before_their_end() {
    within(async {
        let mut cafe = Cafe::open().await;
        let (sender, mut answers) = cafe.stub.open().chat().split().await.unwrap();
        take(&mut cafe.peer).await;
        drop(sender);
        assert_sender_dropped(&answers.recv().await.unwrap_err());
        assert_sender_dropped(&answers.recv().await.unwrap_err());
        cut_off(&cafe.frames().await); // B-23
        cafe.serves_another().await;
    })
    .await;
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut sender, mut answers) = cafe.stub.open().chat().split().await.unwrap();
        sender.send(line()).await.unwrap();
        answer_once(&mut cafe.peer).await;
        answers.recv().await.unwrap();
        drop(sender);
        cut_off(&cafe.frames().await); // B-23, before anybody reads
        assert_sender_dropped(&answers.recv().await.unwrap_err());
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn messages_before_the_sender_was_dropped_are_delivered() {
    within(async {
        let mut cafe = Cafe::open().await;
        let (sender, mut answers) = cafe.stub.open().chat().split().await.unwrap();
        answer_once(&mut cafe.peer).await;
        assert!(answers.recv().await.unwrap().is_some());
        drop(sender);
        assert_sender_dropped(&answers.recv().await.unwrap_err()); // B-22
    })
    .await;
}

/// The receiving half goes; the sending one learns it at its next message.
async fn stream_dropped(script: impl AsyncFnOnce(&mut Connection)) {
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut sender, answers) = cafe.stub.open().chat().split().await.unwrap();
        sender.send(line()).await.unwrap();
        script(&mut cafe.peer).await;
        drop(answers);
        cut_off(&cafe.frames().await);
        let over = sender.send(line()).await.unwrap_err();
        let text =
            "the call is over and sends nothing any more: read its answer to see how it ended";
        assert_eq!((over.code(), over.message()), (Code::Cancelled, text));
        assert!(over.cause().is_some_and(<dyn Error>::is::<Over>));
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn streams_whose_sender_goes_on() {
    stream_dropped(take).await;
    stream_dropped(answer).await;
    stream_dropped(answer_once).await;
}

#[tokio::test]
async fn a_sender_after_its_end_is_no_dropped_call() {
    within(async {
        let mut cafe = Cafe::open().await;
        let (sender, answers) = cafe.stub.open().chat().split().await.unwrap();
        sender.end().unwrap();
        take(&mut cafe.peer).await;
        let whole = ["HEADERS 1", "DATA 1 (0) END_STREAM"];
        assert_eq!(cafe.frames().await, whole);
        drop(answers);
    })
    .await;
}
