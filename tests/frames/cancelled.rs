//! Calls that are cancelled by a handle while somebody else reads: the server sees RST_STREAM with CANCEL at once
//! (B-20), and the reader hears the last word (B-21, B-22).

use std::error::Error;

use futures_util::stream;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, task};
use ziggurat::{
    CancelHandle, Code, Status, Streaming,
    open::{Over, Reply},
};
use ziggurat_examples::cafe::Line;
use ziggurat_testing::peer::Connection;

use crate::{
    cafe::{Cafe, assert_cut_off, bean, filter, line, order, take, within},
    window::{Point, Window},
};

/// Takes the next request and answers with metadata and so many empty messages, which have arrived then.
async fn answer(messages: usize, peer: &mut Connection) {
    let stream = peer.request().await.unwrap().stream;
    let fields = [
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("x-floor", "2"),
    ];
    peer.headers(stream, fields).await.unwrap();
    for _ in 0..messages {
        peer.message(stream, "").await.unwrap();
    }
    peer.barrier().await.unwrap();
}

fn assert_cancelled(status: &Status) {
    assert_eq!(status.code(), Code::Cancelled);
    assert_eq!(status.message(), "the call was cancelled on this side");
    assert!(status.is_local());
}

fn assert_over(sent: Result<(), Status>) {
    let over = sent.unwrap_err();
    assert_eq!(over.code(), Code::Cancelled);
    assert!(over.cause().is_some_and(<dyn Error>::is::<Over>));
}

/// The request had ended with one message.
fn assert_reset(frames: &[String]) {
    let reset = Some("RST_STREAM 1 CANCEL");
    assert_eq!(frames.last().map(String::as_str), reset);
    assert!(frames[frames.len() - 2].ends_with("END_STREAM"));
}

/// Cancels, and sees the reset before anybody has read on.
async fn cancel(cafe: &mut Cafe, handle: &CancelHandle, check: fn(&[String])) {
    handle.cancel();
    check(&cafe.frames().await);
    handle.clone().cancel(); // nothing more
}

fn cut_off(frames: &[String]) {
    assert_cut_off(frames, "CANCEL");
}

/// What had arrived, the last word, and the last word again.
async fn reads<T>(answers: &mut Streaming<T>, messages: usize) {
    for _ in 0..messages {
        assert!(answers.recv().await.unwrap().is_some()); // B-22
    }
    let initial = answers.initial_metadata().await.unwrap();
    assert_eq!(initial.get("x-floor"), Some("2"));
    assert!(answers.peer().is_some());
    let status = answers.recv().await.err().unwrap();
    assert_cancelled(&status);
    assert_eq!(status.initial_metadata().get("x-floor"), Some("2"));
    assert_cancelled(&answers.recv().await.err().unwrap());
}

/// After the end of the request, before and after the headers, after read and unread messages.
async fn stream_after_its_request<T>(begin: impl AsyncFn(&Cafe) -> (Streaming<T>, CancelHandle)) {
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut answers, handle) = begin(&cafe).await;
        take(&mut cafe.peer).await;
        cancel(&mut cafe, &handle, assert_reset).await;
        assert_cancelled(&answers.initial_metadata().await.unwrap_err());
        assert_cancelled(&answers.recv().await.err().unwrap());
        assert!(answers.trailing_metadata().is_none());
        cafe.serves_another().await;
    })
    .await;
    for (arrived, read) in [(0, 0), (1, 0), (1, 1), (3, 0), (3, 2)] {
        within(async {
            let mut cafe = Cafe::open().await;
            let (mut answers, handle) = begin(&cafe).await;
            answer(arrived, &mut cafe.peer).await;
            for _ in 0..read {
                answers.recv().await.unwrap();
            }
            cancel(&mut cafe, &handle, assert_reset).await;
            reads(&mut answers, arrived - read).await;
            cafe.serves_another().await;
        })
        .await;
    }
}

#[tokio::test]
async fn server_streams() {
    stream_after_its_request(async |cafe| {
        let mut orders = cafe.stub.watch(filter()).await.unwrap();
        let handle = orders.cancel_handle();
        (orders, handle)
    })
    .await;
    stream_after_its_request(async |cafe| {
        let mut call = cafe.stub.open().watch();
        let handle = call.cancel_handle();
        (call.send(filter()).await.unwrap(), handle)
    })
    .await;
}

#[tokio::test]
async fn conversations_after_their_request() {
    stream_after_its_request(async |cafe| {
        let mut answers = cafe.stub.chat([line()]).await.unwrap();
        let handle = answers.cancel_handle();
        (answers, handle)
    })
    .await;
    stream_after_its_request(async |cafe| {
        let call = cafe.stub.open().chat();
        let (sender, mut answers) = call.split().await.unwrap();
        let handle = answers.cancel_handle();
        sender.send_last(line()).await.unwrap();
        (answers, handle)
    })
    .await;
}

/// After the end of the request, before the headers, after them, and when all has come but the status.
async fn reply_after_its_request<T>(begin: impl AsyncFn(&Cafe) -> (Reply<T>, CancelHandle)) {
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut reply, handle) = begin(&cafe).await;
        take(&mut cafe.peer).await;
        cancel(&mut cafe, &handle, assert_reset).await;
        assert_cancelled(&reply.initial_metadata().await.unwrap_err());
        assert_cancelled(&reply.await.err().unwrap());
        cafe.serves_another().await;
    })
    .await;
    for messages in [0, 1] {
        within(async {
            let mut cafe = Cafe::open().await;
            let (mut reply, handle) = begin(&cafe).await;
            answer(messages, &mut cafe.peer).await;
            cancel(&mut cafe, &handle, assert_reset).await;
            let initial = reply.initial_metadata().await.unwrap();
            assert_eq!(initial.get("x-floor"), Some("2"));
            assert!(reply.peer().is_some());
            let status = reply.await.err().unwrap();
            assert_cancelled(&status);
            assert_eq!(status.initial_metadata().get("x-floor"), Some("2"));
            cafe.serves_another().await;
        })
        .await;
    }
}

#[tokio::test]
async fn replies() {
    reply_after_its_request(async |cafe| {
        let mut call = cafe.stub.open().make_latte();
        let handle = call.cancel_handle();
        (call.send(order()).await.unwrap(), handle)
    })
    .await;
    reply_after_its_request(async |cafe| {
        let call = cafe.stub.open().upload();
        let mut reply = call.send_last(bean()).await.unwrap();
        let handle = reply.cancel_handle();
        (reply, handle)
    })
    .await;
}

#[tokio::test]
async fn requests_that_have_not_ended() {
    // B-23
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().make_latte();
        let handle = call.cancel_handle();
        call.send_request().await.unwrap();
        take(&mut cafe.peer).await;
        cancel(&mut cafe, &handle, cut_off).await;
        assert_cancelled(&call.send(order()).await.err().unwrap());
        cafe.serves_another().await;
    })
    .await;
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().upload();
        let handle = call.cancel_handle();
        call.send(bean()).await.unwrap();
        answer(0, &mut cafe.peer).await;
        cancel(&mut cafe, &handle, cut_off).await;
        assert_over(call.send(bean()).await);
        let initial = call.initial_metadata().await.unwrap();
        assert_eq!(initial.get("x-floor"), Some("2"));
        assert_cancelled(&call.end().await.unwrap().await.unwrap_err());
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn conversations_that_have_not_ended() {
    // B-23, L-5
    for (arrived, read) in [(0, 0), (3, 0), (3, 2)] {
        within(async {
            let mut cafe = Cafe::open().await;
            let mut call = cafe.stub.open().chat();
            let handle = call.cancel_handle();
            call.send(line()).await.unwrap();
            answer(arrived, &mut cafe.peer).await;
            for _ in 0..read {
                call.recv().await.unwrap();
            }
            cancel(&mut cafe, &handle, cut_off).await;
            assert_over(call.send(line()).await); // reading is to come first
            for _ in read..arrived {
                assert!(call.recv().await.unwrap().is_some()); // B-22
            }
            assert_cancelled(&call.recv().await.unwrap_err());
            assert_cancelled(&call.finish().await.unwrap_err());
            cafe.serves_another().await;
        })
        .await;
    }
    within(async {
        let mut cafe = Cafe::open().await;
        let mut answers = cafe.stub.chat(stream::pending::<Line>()).await.unwrap();
        let handle = answers.cancel_handle();
        answer(2, &mut cafe.peer).await;
        cancel(&mut cafe, &handle, cut_off).await;
        reads(&mut answers, 2).await;
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn both_tasks_of_a_split_call_hear_of_it() {
    for window in Window::EVERY {
        for point in [Point::Nothing, Point::Headers] {
            within(async {
                let mut cafe = window.open().await;
                let mut call = cafe.stub.open().chat();
                let handle = call.cancel_handle();
                let (mut sender, mut answers) = call.split().await.unwrap();
                let sending = tokio::spawn(async move {
                    let text = "x".repeat(30_000);
                    while sender.send(Line { text: text.clone() }).await.is_ok() {}
                    sender.send(line()).await
                });
                let reading = tokio::spawn(async move { answers.recv().await });
                window.fill(point, &mut cafe.peer).await;
                cancel(&mut cafe, &handle, cut_off).await; // L-21
                assert_over(sending.await.unwrap());
                assert_cancelled(&reading.await.unwrap().unwrap_err());
                window.recover(&mut cafe).await;
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_status_that_was_not_read_is_a_cancel_and_no_reset() {
    // B-21, B-25
    for code in ["0", "9"] {
        within(async {
            let mut cafe = Cafe::open().await;
            let mut orders = cafe.stub.watch(filter()).await.unwrap();
            let handle = orders.cancel_handle();
            answer(1, &mut cafe.peer).await;
            let trailers = [("grpc-status", code)];
            cafe.peer.trailers(1, trailers).await.unwrap();
            cafe.peer.barrier().await.unwrap();
            handle.cancel();
            reads(&mut orders, 1).await;
            let whole = ["HEADERS 1", "DATA 1 (7) END_STREAM"];
            assert_eq!(cafe.frames().await, whole);
            cafe.serves_another().await;
        })
        .await;
    }
    within(async {
        let mut cafe = Cafe::open().await;
        let mut orders = cafe.stub.watch(filter()).await.unwrap();
        let handle = orders.cancel_handle();
        take(&mut cafe.peer).await;
        cafe.peer.respond_status(1, 9, "no").await.unwrap();
        cafe.peer.barrier().await.unwrap();
        handle.cancel();
        assert_cancelled(&orders.recv().await.err().unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_status_that_was_read_stays() {
    for (code, number) in [(Code::Ok, "0"), (Code::FailedPrecondition, "9")] {
        within(async {
            let mut cafe = Cafe::open().await;
            let mut orders = cafe.stub.watch(filter()).await.unwrap();
            let handle = orders.cancel_handle();
            answer(0, &mut cafe.peer).await;
            let trailers = [("grpc-status", number)];
            cafe.peer.trailers(1, trailers).await.unwrap();
            let first = orders.recv().await.map(drop);
            handle.cancel();
            let again = orders.recv().await.map(drop);
            for read in [first, again] {
                let read = read.map_err(|status| status.code());
                assert_eq!(read.err().unwrap_or(Code::Ok), code);
            }
            assert_eq!(orders.trailing_metadata().is_some(), code == Code::Ok);
            let whole = ["HEADERS 1", "DATA 1 (7) END_STREAM"];
            assert_eq!(cafe.frames().await, whole); // B-25
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_that_waits_for_a_stream_sends_nothing() {
    within(async {
        let mut cafe = Cafe::open().await;
        let first = cafe.stub.watch(filter()).await.unwrap();
        take(&mut cafe.peer).await;
        let mut second = cafe.stub.open().make_latte();
        let handle = second.cancel_handle();
        let mut sending = task::spawn(second.send(order()));
        assert_pending!(sending.poll());
        handle.cancel();
        assert!(sending.is_woken());
        assert_cancelled(&assert_ready!(sending.poll()).err().unwrap());
        drop(first);
        assert_reset(&cafe.frames().await);
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn a_call_that_was_not_begun_sends_nothing() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().chat();
        call.cancel_handle().cancel();
        assert_cancelled(&call.send(line()).await.unwrap_err());
        assert_cancelled(&assert_ready_err!(task::spawn(call.recv()).poll()));
        assert!(cafe.frames().await.is_empty());
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn a_handle_keeps_nothing_alive_and_is_no_call() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut orders = cafe.stub.watch(filter()).await.unwrap();
        drop(orders.cancel_handle());
        let handle = orders.cancel_handle();
        answer(1, &mut cafe.peer).await;
        assert!(orders.recv().await.unwrap().is_some());
        assert_eq!(cafe.frames().await.len(), 2);
        drop(orders);
        assert_reset(&cafe.frames().await);
        handle.cancel();
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_known_before_the_first_handle_is_known_after_it() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut orders = cafe.stub.watch(filter()).await.unwrap();
        answer(1, &mut cafe.peer).await;
        assert!(orders.recv().await.unwrap().is_some());
        let handle = orders.cancel_handle();
        assert!(orders.peer().is_some());
        handle.cancel();
        reads(&mut orders, 0).await;
    })
    .await;
    within(async {
        let mut cafe = Cafe::open().await;
        let mut orders = cafe.stub.watch(filter()).await.unwrap();
        answer(0, &mut cafe.peer).await;
        let trailers = [("grpc-status", "0"), ("x-table", "7")];
        cafe.peer.trailers(1, trailers).await.unwrap();
        assert!(orders.recv().await.unwrap().is_none());
        orders.cancel_handle().cancel();
        assert!(orders.recv().await.unwrap().is_none());
        let trailing = orders.trailing_metadata().unwrap();
        assert_eq!(trailing.get("x-table"), Some("7"));
    })
    .await;
}
