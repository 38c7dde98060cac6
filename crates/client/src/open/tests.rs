//! Opened calls, poll by poll, over a mock service on a paused clock. The test is the transport.

use std::{task::Poll, time::Duration};

use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use ziggurat_layers::deadline::Elapsed;
use ziggurat_protocol::{Code, body::Abandoned};

use super::{Bidi, Over};
use crate::{
    CallOptions, Streaming,
    mock::{Accepted, CHAT, MAKE, Server, UPLOAD, client, framed},
};

fn text(message: &str) -> String {
    message.to_owned()
}

#[test]
fn opened_calls_can_be_spawned() {
    fn spawnable<T: Send + 'static>() {}
    spawnable::<super::Unary<String, String>>();
    spawnable::<Bidi<String, String>>();
    spawnable::<super::Sender<String>>();
    spawnable::<super::Reply<String>>();
}

/// A chat whose request is under way; the transport waits for its first message.
fn chat() -> (Bidi<String, String>, Server, Accepted) {
    chat_with(CallOptions::new())
}

fn chat_with(options: CallOptions) -> (Bidi<String, String>, Server, Accepted) {
    let (client, mut server) = client();
    let mut call = client.with(options).open().bidi(&CHAT);
    let mut request = task::spawn(call.send_request());
    assert_pending!(request.poll());
    let mut accepted = server.accept();
    assert_pending!(accepted.poll_body());
    assert_ready_ok!(request.poll());
    drop(request);
    (call, server, accepted)
}

#[track_caller]
fn assert_sent(request: &mut Accepted, messages: &[&str]) {
    let sent = assert_ready!(request.poll_body());
    let expected: Vec<_> = messages.iter().map(|message| framed(message)).collect();
    assert_eq!(sent.expect("more to come").unwrap(), expected.concat());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_until_told() {
    let (client, mut server) = client();
    let mut call = client.open().bidi(&CHAT);
    server.assert_idle();
    let mut end = task::spawn(call.end());
    server.assert_idle();
    assert_pending!(end.poll());
    let mut request = server.accept();
    assert!(!request.is_end_stream());
    assert!(assert_ready!(request.poll_body()).is_none());
}

#[tokio::test(start_paused = true)]
async fn the_first_message_is_accepted_at_the_first_poll() {
    let (client, mut server) = client();
    let mut call = client.open().bidi(&CHAT);
    let mut send = task::spawn(call.send(text("one")));
    assert_pending!(send.poll(), "the request is not under way");
    drop(send);
    let mut request = server.accept();
    assert_sent(&mut request, &["one"]);
    assert_pending!(request.poll_body());
    assert_ready_ok!(task::spawn(call.send(text("two"))).poll());
    assert_sent(&mut request, &["two"]);
}

#[tokio::test(start_paused = true)]
async fn messages_that_wait_leave_together() {
    let (mut call, _server, mut request) = chat();
    for message in ["one", "two", "three"] {
        assert_ready_ok!(task::spawn(call.send(text(message))).poll());
    }
    assert_sent(&mut request, &["one", "two", "three"]);
    assert_pending!(request.poll_body());
}

#[tokio::test(start_paused = true)]
async fn the_last_message_takes_the_end_along() {
    //
    let (mut call, _server, mut request) = chat();
    assert_ready_ok!(task::spawn(call.send_last(text("bye"))).poll());
    assert!(!request.is_end_stream());
    assert_sent(&mut request, &["bye"]);
    assert!(request.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn a_full_buffer_makes_send_wait_and_a_dropped_send_was_not_accepted() {
    //
    let (mut call, _server, mut request) = chat();
    let long = "a".repeat(17 * 1024);
    assert_ready_ok!(task::spawn(call.send(long.clone())).poll());
    let mut dropped = task::spawn(call.send(text("dropped")));
    assert_pending!(dropped.poll());
    drop(dropped);
    let mut kept = task::spawn(call.send(text("kept")));
    assert_pending!(kept.poll());
    let sent = assert_ready!(request.poll_body()).unwrap().unwrap();
    assert!(sent.ends_with(long.as_bytes()));
    assert!(kept.is_woken());
    assert_ready_ok!(kept.poll());
    drop(kept);
    assert_sent(&mut request, &["kept"]);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_waits_ends_with_the_deadline() {
    // B-3
    let second = Duration::from_secs(1);
    let (mut call, _server, _request) = chat_with(CallOptions::new().timeout(second));
    assert_ready_ok!(task::spawn(call.send("a".repeat(17 * 1024))).poll());
    let mut waiting = task::spawn(call.send(text("next")));
    assert_pending!(waiting.poll());
    advance(second + Duration::from_millis(1)).await;
    assert!(waiting.is_woken());
    let status = assert_ready_err!(waiting.poll());
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(status.cause().unwrap().is::<Elapsed>());
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_stops_reading_is_a_signal_to_read_the_answer() {
    //
    let (mut call, _server, mut request) = chat();
    let answer = request.answer();
    drop(request);
    answer.message("enough");
    answer.trailers("0");
    let status = assert_ready_err!(task::spawn(call.send(text("one"))).poll());
    assert_eq!(status.code(), Code::Cancelled);
    assert!(status.cause().unwrap().is::<Over>());
    let last = assert_ready_ok!(task::spawn(call.recv()).poll());
    assert_eq!(last.as_deref(), Some("enough"));
    assert_eq!(assert_ready_ok!(task::spawn(call.recv()).poll()), None);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_gives_the_request_up() {
    // B-23
    let (call, _server, mut request) = chat();
    let answer = request.answer();
    drop(call);
    let cause = assert_ready!(request.poll_body()).unwrap().unwrap_err();
    assert_eq!(cause.downcast_ref(), Some(&Abandoned::Cancelled));
    drop(answer);
}

fn split(call: Bidi<String, String>) -> (super::Sender<String>, Streaming<String>) {
    assert_ready_ok!(task::spawn(call.split()).poll())
}

#[tokio::test(start_paused = true)]
async fn a_sender_dropped_before_its_end_is_seen_by_the_reader() {
    // B-21, B-23
    let (call, _server, mut request) = chat();
    let (sender, mut answers) = split(call);
    let mut recv = task::spawn(answers.recv());
    assert_pending!(recv.poll());
    drop(sender);
    assert!(recv.is_woken());
    assert_eq!(assert_ready_err!(recv.poll()).code(), Code::Cancelled);
    assert!(assert_ready!(request.poll_body()).unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn the_reader_may_outlive_the_sender_s_end() {
    let (call, _server, mut request) = chat();
    let (sender, mut answers) = split(call);
    sender.end().unwrap();
    assert!(assert_ready!(request.poll_body()).is_none());
    let answer = request.answer();
    answer.message("still here");
    let next = assert_ready_ok!(task::spawn(answers.recv()).poll());
    assert_eq!(next.as_deref(), Some("still here"));
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_limit_ends_the_call() {
    //
    let (mut call, _server, mut request) = chat_with(CallOptions::new().max_send_message_size(4));
    let answer = request.answer();
    let status = assert_ready_err!(task::spawn(call.send(text("too long"))).poll());
    assert_eq!(status.code(), Code::ResourceExhausted);
    let again = assert_ready_err!(task::spawn(call.recv()).poll());
    assert_eq!(again.code(), Code::ResourceExhausted);
    assert!(answer.is_dropped());
}

#[tokio::test(start_paused = true)]
async fn one_message_and_its_reply() {
    let (client, mut server) = client();
    let mut send = task::spawn(client.open().unary(&MAKE).send(text("latte")));
    assert_pending!(send.poll());
    let mut request = server.accept();
    assert_sent(&mut request, &["latte"]);
    assert!(request.is_end_stream());
    let mut reply = assert_ready_ok!(send.poll());
    let answer = request.answer();
    assert_ready_ok!(task::spawn(reply.initial_metadata()).poll());
    answer.message("here");
    let mut reply = task::spawn(reply);
    assert_pending!(reply.poll(), "the status is not there");
    answer.trailers("0");
    assert_eq!(assert_ready_ok!(reply.poll()), "here");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_leave_is_an_error_of_the_first_step() {
    let (client, mut server) = client();
    let mut call = client.open().client_streaming(&UPLOAD);
    let mut send = task::spawn(call.send(text("one")));
    assert_pending!(send.poll());
    server.accept().fail("no way");
    let Poll::Ready(Err(status)) = send.poll() else {
        panic!("it was sent");
    };
    assert_eq!((status.code(), status.message()), (Code::Unknown, "no way"));
}
