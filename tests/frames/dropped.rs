//! Simple calls that are dropped: the server sees RST_STREAM with CANCEL, wherever they stood (B-20).

use std::{fmt::Debug, task::Poll};

use futures_util::{StreamExt, stream};
use tokio_test::task;
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Line};
use ziggurat_testing::peer::Connection;

use crate::cafe::{
    Cafe, answer, answer_once, assert_cut_off, bean, filter, hold, line, order, take, within,
};

const COMPLETE: [&str; 3] = ["HEADERS 1", "DATA 1 (7) END_STREAM", "RST_STREAM 1 CANCEL"];

/// What a call sends that is dropped when the script is done; the connection goes on.
async fn dropped<T: Debug>(
    call: impl AsyncFnOnce(CoffeeMachineStub) -> T,
    script: impl AsyncFnOnce(&mut Connection),
) -> Vec<String> {
    within(async {
        let mut cafe = Cafe::open().await;
        cafe.drop_after(call, script).await;
        let frames = cafe.frames().await;
        cafe.serves_another().await;
        frames
    })
    .await
}

#[tokio::test]
async fn unary_calls() {
    let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
    assert_eq!(dropped(call, take).await, COMPLETE);
    assert_eq!(dropped(call, answer).await, COMPLETE);
    // The message is no answer without its status.
    assert_eq!(dropped(call, answer_once).await, COMPLETE);
    let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).send().await;
    assert_eq!(dropped(call, take).await, COMPLETE);
    assert_eq!(dropped(call, answer).await, COMPLETE);
}

#[tokio::test]
async fn calls_that_have_not_left_send_nothing() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut unary = task::spawn(cafe.stub.make_latte(order()));
        let mut server_stream = task::spawn(cafe.stub.watch(filter()));
        let mut client_stream = task::spawn(cafe.stub.upload([bean()]));
        let mut bidi = task::spawn(cafe.stub.chat([line()]));
        // The connection's task has no turn before the drop.
        assert!(unary.poll().is_pending());
        assert!(server_stream.poll().is_pending());
        assert!(client_stream.poll().is_pending());
        assert!(bidi.poll().is_pending());
        drop((unary, server_stream, client_stream, bidi));
        assert!(cafe.frames().await.is_empty());
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn server_streams() {
    let unread = async |cafe: CoffeeMachineStub| hold(cafe.watch(filter()).await.unwrap()).await;
    assert_eq!(dropped(unread, take).await, COMPLETE);
    assert_eq!(dropped(unread, answer).await, COMPLETE);
    assert_eq!(dropped(unread, answer_once).await, COMPLETE);
    let waiting = async |cafe: CoffeeMachineStub| {
        let mut orders = cafe.watch(filter()).await.unwrap();
        orders.recv().await
    };
    assert_eq!(dropped(waiting, take).await, COMPLETE);
    assert_eq!(dropped(waiting, answer).await, COMPLETE);
    let midway = async |cafe: CoffeeMachineStub| {
        let mut orders = cafe.watch(filter()).await.unwrap();
        orders.recv().await.unwrap();
        hold(orders).await;
    };
    assert_eq!(dropped(midway, answer_once).await, COMPLETE);
    let collecting = async |cafe: CoffeeMachineStub| cafe.watch(filter()).collect().await;
    assert_eq!(dropped(collecting, take).await, COMPLETE);
    assert_eq!(dropped(collecting, answer_once).await, COMPLETE);
    let finishing = async |cafe: CoffeeMachineStub| {
        let orders = cafe.watch(filter()).await.unwrap();
        orders.finish().await
    };
    assert_eq!(dropped(finishing, take).await, COMPLETE);
    assert_eq!(dropped(finishing, answer_once).await, COMPLETE);
}

#[tokio::test]
async fn server_streams_that_are_cancelled() {
    let unread = async |cafe: CoffeeMachineStub| {
        cafe.watch(filter()).await.unwrap().cancel();
        hold(()).await;
    };
    assert_eq!(dropped(unread, take).await, COMPLETE);
    let midway = async |cafe: CoffeeMachineStub| {
        let mut orders = cafe.watch(filter()).await.unwrap();
        orders.recv().await.unwrap();
        orders.cancel();
        hold(()).await;
    };
    assert_eq!(dropped(midway, answer_once).await, COMPLETE);
}

#[tokio::test]
async fn a_dropped_recv_is_no_dropped_call() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut orders = cafe.stub.watch(filter()).await.unwrap();
        assert!(task::spawn(orders.recv()).poll().is_pending());
        answer_once(&mut cafe.peer).await;
        let Poll::Ready(Ok(Some(_))) = task::spawn(orders.recv()).poll() else {
            panic!("the message is there");
        };
        assert!(task::spawn(orders.recv()).poll().is_pending());
        assert_eq!(cafe.frames().await, &COMPLETE[..2]);
    })
    .await;
}

#[tokio::test]
async fn client_streams_that_have_not_ended() {
    // B-23: no END_STREAM
    let silent = async |cafe: CoffeeMachineStub| cafe.upload(stream::pending::<Bean>()).await;
    assert_cut_off(&dropped(silent, take).await, "CANCEL");
    assert_cut_off(&dropped(silent, answer).await, "CANCEL");
    let begun = async |cafe: CoffeeMachineStub| {
        let beans = stream::iter([bean()]).chain(stream::pending());
        cafe.upload(beans).await
    };
    assert_cut_off(&dropped(begun, take).await, "CANCEL");
    assert_cut_off(&dropped(begun, answer_once).await, "CANCEL");
}

#[tokio::test]
async fn client_streams_that_have_ended() {
    let call = async |cafe: CoffeeMachineStub| cafe.upload([bean()]).await;
    assert_eq!(dropped(call, take).await, COMPLETE);
    assert_eq!(dropped(call, answer).await, COMPLETE);
}

#[tokio::test]
async fn conversations() {
    // B-23: no END_STREAM
    let unread = async |cafe: CoffeeMachineStub| {
        let answers = cafe.chat(stream::pending::<Line>()).await.unwrap();
        hold(answers).await;
    };
    assert_cut_off(&dropped(unread, take).await, "CANCEL");
    assert_cut_off(&dropped(unread, answer).await, "CANCEL"); // L-5
    let midway = async |cafe: CoffeeMachineStub| {
        let lines = stream::iter([line()]).chain(stream::pending());
        let mut answers = cafe.chat(lines).await.unwrap();
        answers.recv().await.unwrap();
        hold(answers).await;
    };
    assert_cut_off(&dropped(midway, answer_once).await, "CANCEL"); // L-5
    let collecting =
        async |cafe: CoffeeMachineStub| cafe.chat(stream::pending::<Line>()).collect().await;
    assert_cut_off(&dropped(collecting, take).await, "CANCEL");
    assert_cut_off(&dropped(collecting, answer_once).await, "CANCEL");
    let cancelled = async |cafe: CoffeeMachineStub| {
        let answers = cafe.chat(stream::pending::<Line>()).await.unwrap();
        answers.cancel();
        hold(()).await;
    };
    assert_cut_off(&dropped(cancelled, take).await, "CANCEL");
}
