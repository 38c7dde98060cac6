//! Calls, poll by poll, over a mock service on a paused clock.

use std::{future::Future, io, pin::Pin, task::Poll, time::Duration};

use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use ziggurat_layers::{context::CallContext, deadline::Elapsed};
use ziggurat_protocol::{Code, Method, Status};

use crate::{
    CallOptions, Channel, Client, GrpcService, Response, Streaming, StreamingCall,
    call::{Call, Collect, Exchange, StartFuture, sent::SentOf},
    mock::{Answer, MAKE, Server, UPLOAD, WATCH, client, framed},
};

mod cancel;
mod sources;

/// The most that a stream's state may be in bytes once its headers are there, with pointers of eight bytes.
const IDLE_STREAM: usize = 320;

fn text(message: &str) -> String {
    message.to_owned()
}

#[test]
fn calls_can_be_spawned() {
    fn spawnable<T: Send + 'static>() {}
    fn shared<T: Send + Sync + Clone + 'static>() {}
    fn future<T: Future + Send + 'static>() {}

    future::<Call<String, Channel>>();
    future::<StreamingCall<String, Channel>>();
    spawnable::<Streaming<String>>();
    spawnable::<StartFuture<String>>();
    spawnable::<Collect<String>>();
    shared::<Client<Channel>>();
    shared::<Response<String>>();
    shared::<Status>();
}

#[test]
fn an_open_stream_keeps_little() {
    type Stream = Exchange<Pin<Box<SentOf<Channel>>>, <Channel as GrpcService>::ResponseBody>;
    let bytes = size_of::<Stream>();
    assert!(bytes <= IDLE_STREAM, "{bytes} bytes");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_first_poll() {
    let (client, mut server) = client();
    let call = client.unary(&MAKE, text("latte"));
    server.assert_idle();
    let mut future = task::spawn(call.send());
    server.assert_idle();
    assert_pending!(future.poll());
    let mut request = server.accept();
    assert_eq!(request.head.uri.path(), "/cafe.v1.Machine/Make");
    assert_eq!(
        request.head.headers["content-type"],
        "application/grpc+proto"
    );
    assert!(
        !request.is_end_stream(),
        "END_STREAM never stands on HEADERS"
    );
    let sent = assert_ready!(request.poll_body()).unwrap().unwrap();
    assert_eq!(sent, framed("latte"));
    assert!(request.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_first_poll_asks_for_nothing() {
    let (client, mut server) = client();
    drop(client.unary(&MAKE, text("latte")));
    drop(client.server_streaming(&WATCH, text("all")).collect());
    server.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn readiness_is_awaited_in_the_call() {
    // T-4
    let (client, mut server) = client();
    server.allow(0);
    let mut call = task::spawn(client.unary(&MAKE, text("latte")).send());
    assert_pending!(call.poll());
    server.assert_idle();
    server.allow(1);
    assert!(call.is_woken());
    assert_pending!(call.poll());
    server.accept();
}

#[tokio::test(start_paused = true)]
async fn each_call_has_its_own_clone_of_the_service() {
    let (client, mut server) = client();
    server.allow(2);
    let mut first = task::spawn(client.unary(&MAKE, text("one")));
    let mut second = task::spawn(client.clone().unary(&MAKE, text("two")));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    let (mut one, mut two) = (server.accept(), server.accept());
    for (request, message) in [(&mut two, "2"), (&mut one, "1")] {
        let answer = request.answer();
        answer.message(message);
        answer.trailers("0");
    }
    assert_eq!(assert_ready_ok!(second.poll()), "2");
    assert_eq!(assert_ready_ok!(first.poll()), "1");
}

#[tokio::test(start_paused = true)]
async fn one_answer_is_ready_with_its_trailers() {
    //
    let (client, mut server) = client();
    let mut call = task::spawn(client.unary(&MAKE, text("latte")));
    assert_pending!(call.poll());
    let answer = server.accept().answer();
    assert!(call.is_woken());
    assert_pending!(call.poll());
    answer.message("here");
    assert_pending!(call.poll());
    answer.trailers("0");
    assert_eq!(assert_ready_ok!(call.poll()), "here");
    assert!(answer.is_dropped());
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_service_is_the_source_of_a_status() {
    let (client, mut server) = client();
    let mut call = task::spawn(client.unary(&MAKE, text("latte")));
    assert_pending!(call.poll());
    server.accept().fail(io::Error::other("the cable is cut"));
    let status = assert_ready_err!(call.poll());
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.cause().is_some());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_drops_request_and_answer() {
    // B-20
    let (client, mut server) = client();
    server.allow(2);
    let mut call = task::spawn(client.unary(&MAKE, text("latte")));
    assert_pending!(call.poll());
    let answer = server.accept().answer();
    assert_pending!(call.poll());
    assert!(!answer.is_dropped());
    drop(call);
    assert!(answer.is_dropped());

    let call = client.server_streaming(&WATCH, text("all"));
    let (mut stream, answer) = started(call, &mut server);
    answer.message("one");
    let next = assert_ready_ok!(task::spawn(stream.recv()).poll());
    assert_eq!(next.as_deref(), Some("one"));
    stream.cancel();
    assert!(answer.is_dropped());
}

/// Polls a streaming call until its request is under way and its headers are there.
fn started(
    call: impl Future<Output = Result<Streaming<String>, Status>>,
    server: &mut Server,
) -> (Streaming<String>, Answer) {
    let mut call = task::spawn(call);
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert!(request.poll_body().is_ready());
    let stream = assert_ready_ok!(call.poll());
    (stream, request.answer())
}

#[tokio::test(start_paused = true)]
async fn a_streaming_call_awaits_its_request_and_not_its_headers() {
    let (client, mut server) = client();
    let mut call = task::spawn(client.server_streaming(&WATCH, text("all")));
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_pending!(call.poll(), "the transport has not read it");
    assert!(request.poll_body().is_ready());
    assert!(call.is_woken());
    let mut stream = assert_ready_ok!(call.poll());
    let mut head = task::spawn(stream.initial_metadata());
    assert_pending!(head.poll());
    let answer = request.answer();
    assert_ready_ok!(head.poll());
    drop(head);
    answer.trailers("5");
    let mut recv = task::spawn(stream.recv());
    assert_eq!(assert_ready_err!(recv.poll()).code(), Code::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_recv_loses_nothing() {
    let (client, mut server) = client();
    let call = client.server_streaming(&WATCH, text("all"));
    let (mut stream, answer) = started(call, &mut server);
    for message in ["one", "two"] {
        let mut dropped = task::spawn(stream.recv());
        assert_pending!(dropped.poll());
        answer.message(message);
        drop(dropped);
        let next = assert_ready_ok!(task::spawn(stream.recv()).poll());
        assert_eq!(next.as_deref(), Some(message));
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_drops_the_request_leaves_the_end_to_the_answer() {
    let (client, mut server) = client();
    let source = tokio_stream::pending::<String>();
    let mut call = task::spawn(client.client_streaming(&UPLOAD, source));
    assert_pending!(call.poll());
    let answer = server.accept().answer(); // and the request's body is dropped here
    answer.message("enough");
    answer.trailers("0");
    assert_eq!(assert_ready_ok!(call.poll()), "enough");
}

/// The status of a call that ends after this time, and not before.
async fn ends_after<F>(call: F, time: Duration) -> Status
where
    F: Future<Output = Result<String, Status>>,
{
    let mut call = task::spawn(call);
    assert_pending!(call.poll());
    advance(time.saturating_sub(Duration::from_millis(1))).await;
    assert_pending!(call.poll());
    advance(Duration::from_millis(2)).await;
    assert!(call.is_woken());
    assert_ready_err!(call.poll())
}

#[tokio::test(start_paused = true)]
async fn a_timeout_starts_with_the_first_poll_and_its_own_wins() {
    // B-1, B-3
    const SECOND: Duration = Duration::from_secs(1);
    let (client, mut server) = client();
    server.allow(2);
    let patient = client.with(CallOptions::new().timeout(5 * SECOND));
    let late = patient.unary(&MAKE, text("latte"));
    advance(60 * SECOND).await;
    let status = ends_after(late, 5 * SECOND).await;
    assert_eq!(
        status.cause().unwrap().downcast_ref(),
        Some(&Elapsed::Headers)
    );
    let hasty = patient.unary(&MAKE, text("latte")).timeout(SECOND);
    assert_eq!(
        ends_after(hasty, SECOND).await.code(),
        Code::DeadlineExceeded
    );
    server.allow(0);
    let waiting = patient.unary(&MAKE, text("latte"));
    let status = ends_after(waiting, 5 * SECOND).await;
    assert_eq!(
        status.cause().unwrap().downcast_ref(),
        Some(&Elapsed::Ready)
    );
}

#[tokio::test(start_paused = true)]
async fn of_a_timeout_and_a_context_the_earlier_end_counts() {
    // B-2
    const SECOND: Duration = Duration::from_secs(1);
    for (own, in_context) in [(1, 3), (3, 1)] {
        let (client, _server) = client();
        let context = CallContext::new().with_timeout(in_context * SECOND);
        let call = client.unary(&MAKE, text("latte")).extension(context);
        let call = call.timeout(own * SECOND);
        assert_eq!(
            ends_after(call, SECOND).await.code(),
            Code::DeadlineExceeded
        );
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_if_it_must_not() {
    let (client, mut server) = client();
    let long = client
        .unary(&MAKE, text("too long"))
        .max_send_message_size(4);
    let status = task::spawn(long).poll().map(Result::unwrap_err);
    assert_eq!(assert_ready!(status).code(), Code::ResourceExhausted);
    let late = client.unary(&MAKE, text("latte")).timeout(Duration::ZERO);
    let status = task::spawn(late).poll().map(Result::unwrap_err);
    assert_eq!(assert_ready!(status).code(), Code::DeadlineExceeded); // B-6
    server.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_none_fails_the_call() {
    //
    static PATHS: [Method<String, String>; 4] = [
        Method::new("cafe.v1.Machine/Make"),
        Method::new("/cafe.v1.Machine/Make?x=1"),
        Method::new("/cafe v1"),
        Method::new(""),
    ];
    let (client, mut server) = client();
    for path in &PATHS {
        let mut call = task::spawn(client.unary(path, text("latte")));
        let Poll::Ready(Err(status)) = call.poll() else {
            panic!("{path:?} was called");
        };
        assert_eq!(status.code(), Code::Internal);
        assert!(
            status.message().contains("/package.Service/Method"),
            "{status}"
        );
    }
    server.assert_idle();
}

/// Of one frame: a text, and bytes that are none.
fn with_nonsense(message: &str) -> Vec<u8> {
    [
        &framed(message)[..],
        b"\0\0\0\0\x03\x0a\x01\xff",
        &framed("lost"),
    ]
    .concat()
}

#[tokio::test(start_paused = true)]
async fn behind_a_message_that_cannot_be_read_comes_none() {
    //
    let (client, mut server) = client();
    let call = client.server_streaming(&WATCH, text("all"));
    let (mut stream, answer) = started(call, &mut server);
    answer.frame(with_nonsense("one"));
    let next = assert_ready_ok!(task::spawn(stream.recv()).poll());
    assert_eq!(next.as_deref(), Some("one"));
    for _ in 0..2 {
        let status = assert_ready_err!(task::spawn(stream.recv()).poll());
        assert_eq!(status.code(), Code::Internal);
    }
    assert!(answer.is_dropped());
}
