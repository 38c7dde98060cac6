//! Handles that cancel, over bodies that do what no connection does.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header::CONTENT_TYPE};
use http_body::Frame;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, task};
use ziggurat_protocol::{Body, BoxError, Code, body::Abandoned};

use super::text;
use crate::{
    CancelHandle, Client, GrpcService, Streaming,
    mock::{CHAT, WATCH, client, framed},
};

#[test]
fn handles_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<CancelHandle>();
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_waits_is_woken() {
    let (client, mut server) = client();
    let mut start = task::spawn(client.server_streaming(&WATCH, text("all")));
    assert_pending!(start.poll());
    let mut request = server.accept();
    assert_ready!(request.poll_body()).unwrap().unwrap();
    let mut answers = assert_ready!(start.poll()).unwrap();
    let handle = answers.cancel_handle();
    let answer = request.answer();
    let mut recv = task::spawn(answers.recv());
    assert_pending!(recv.poll());
    answer.message("one");
    handle.cancel();
    assert!(recv.is_woken());
    assert!(answer.is_dropped()); // B-20
    let message = assert_ready!(recv.poll()).unwrap();
    assert_eq!(message.as_deref(), Some("one")); // B-22
    drop(recv);
    let status = assert_ready_err!(task::spawn(answers.recv()).poll());
    assert_eq!(status.code(), Code::Cancelled); // B-21
}

#[tokio::test(start_paused = true)]
async fn a_request_that_outlives_its_answer_is_given_up_too() {
    // B-20, B-23: a service may go on with the request when nobody has its answer any more.
    let (client, mut server) = client();
    let mut call = client.open().bidi(&CHAT);
    let mut send = task::spawn(call.send(text("one")));
    assert_pending!(send.poll());
    drop(send);
    let mut request = server.accept();
    assert_ready!(request.poll_body()).unwrap().unwrap();
    let answer = request.answer();
    let handle = call.cancel_handle();
    let (mut sender, mut answers) = assert_ready!(task::spawn(call.split()).poll()).unwrap();
    let long = "milk".repeat(64 * 1024);
    assert_ready!(task::spawn(sender.send(long.clone())).poll()).unwrap();
    let mut waits = task::spawn(sender.send(long));
    assert_pending!(waits.poll());
    handle.cancel();
    assert!(waits.is_woken() && answer.is_dropped());
    let status = assert_ready_err!(waits.poll());
    assert_eq!(status.code(), Code::Cancelled); // B-21
    let given_up = assert_ready!(request.poll_body()).unwrap().unwrap_err();
    assert!(given_up.is::<Abandoned>(), "{given_up}");
    let status = assert_ready_err!(task::spawn(answers.recv()).poll());
    assert_eq!(status.code(), Code::Cancelled);
}

/// The body of an answer: a function that is asked for each frame.
struct Scripted<F: FnMut() -> Poll<Bytes>>(F);

impl<F: FnMut() -> Poll<Bytes> + Unpin> http_body::Body for Scripted<F> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        (self.0)().map(|data| Some(Ok(Frame::data(data))))
    }
}

/// A service that reads each request, and answers with what the script gives.
fn scripted<F>(script: F) -> impl GrpcService
where
    F: FnMut() -> Poll<Bytes> + Clone + Send + Unpin + 'static,
{
    tower::service_fn(move |request: Request<Body>| {
        let script = script.clone();
        async move {
            let mut body = request.into_body();
            while let Some(frame) = http_body_util::BodyExt::frame(&mut body).await {
                frame?;
            }
            let answer = Response::builder().header(CONTENT_TYPE, "application/grpc");
            Ok::<_, BoxError>(answer.body(Scripted(script))?)
        }
    })
}

async fn watch(service: impl GrpcService) -> (Streaming<String>, CancelHandle) {
    let call = Client::new(service).server_streaming(&WATCH, text("all"));
    let mut answers = call.await.unwrap();
    let handle = answers.cancel_handle();
    (answers, handle)
}

async fn read_all(answers: &mut Streaming<String>) -> (usize, Code) {
    let mut messages = 0;
    loop {
        match answers.recv().await {
            Ok(Some(_)) => messages += 1,
            Ok(None) => return (messages, Code::Ok),
            Err(status) => return (messages, status.code()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_end_is_cancelled_too() {
    // B-21: also over a message that had arrived and is none.
    let illegal = Bytes::from_static(&[9; 5]);
    for message in [framed("more"), Bytes::new(), illegal] {
        let (mut answers, handle) = watch(scripted(move || Poll::Ready(message.clone()))).await;
        handle.cancel();
        assert_eq!(read_all(&mut answers).await.1, Code::Cancelled);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cancels_its_own_call_when_it_is_read() {
    let handle = Arc::new(OnceLock::<CancelHandle>::new());
    let own = Arc::clone(&handle);
    let service = scripted(move || {
        if let Some(handle) = own.get() {
            handle.cancel();
        }
        Poll::Ready(framed("bye"))
    });
    let (mut answers, given) = watch(service).await;
    handle.set(given).unwrap();
    assert_eq!(answers.recv().await.unwrap().as_deref(), Some("bye"));
    assert_eq!(read_all(&mut answers).await.1, Code::Cancelled);
}

/// Cancels the call when it is dropped.
#[derive(Clone, Default)]
struct Guard(Arc<Mutex<Option<CancelHandle>>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(handle) = self.0.lock().unwrap().clone() {
            handle.cancel();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cancels_its_own_call_when_it_goes() {
    let guard = Guard::default();
    let slot = Arc::clone(&guard.0);
    let service = scripted(move || {
        let _guard = &guard;
        Poll::Pending
    });
    let (mut answers, handle) = watch(service).await;
    *slot.lock().unwrap() = Some(handle.clone());
    handle.cancel();
    assert_eq!(read_all(&mut answers).await, (0, Code::Cancelled));
    drop(answers);
    *slot.lock().unwrap() = None;
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_it_is_cancelled_does_not_keep_the_reader_waiting() {
    let (mut answers, handle) = watch(scripted(|| panic!("a layer's mistake"))).await;
    assert!(catch_unwind(AssertUnwindSafe(|| handle.cancel())).is_err());
    let mut recv = task::spawn(answers.recv());
    let read = catch_unwind(AssertUnwindSafe(|| recv.poll().is_pending()));
    assert!(read.is_err(), "its reader runs into the same mistake");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_first_nothing_is_lost_and_nobody_waits() {
    for _ in 0..1_000 {
        let mut left = 20;
        let service = scripted(move || {
            left = std::cmp::max(left, 1) - 1;
            match left {
                0 => Poll::Pending,
                _ => Poll::Ready(framed("one of 19")),
            }
        });
        let (mut answers, handle) = watch(service).await;
        let reading = tokio::spawn(async move { read_all(&mut answers).await });
        tokio::task::yield_now().await;
        handle.cancel();
        assert_eq!(reading.await.unwrap(), (19, Code::Cancelled)); // B-21, B-22
    }
}
