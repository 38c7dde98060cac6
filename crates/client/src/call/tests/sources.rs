//! Streams of messages that become a request: who reads them, when, and how far.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_core::Stream;
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::UnboundedReceiverStream};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use ziggurat_protocol::{Code, Status, body::Abandoned};

use super::text;
use crate::{
    IntoMessages,
    mock::{Accepted, CHAT, UPLOAD, client, framed},
};

/// Messages that come when the test wants, and how many were taken.
fn source() -> (mpsc::UnboundedSender<Result<String, Status>>, Counted) {
    let (sender, messages) = mpsc::unbounded_channel();
    let messages = UnboundedReceiverStream::new(messages);
    (sender, Counted::new(messages))
}

struct Counted {
    messages: Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>,
    polls: Arc<AtomicUsize>,
}

impl Counted {
    fn new(messages: impl Stream<Item = Result<String, Status>> + Send + 'static) -> Self {
        let (messages, polls) = (Box::pin(messages), Arc::default());
        Self { messages, polls }
    }

    fn polls(&self) -> impl Fn() -> usize + use<> {
        let polls = Arc::clone(&self.polls);
        move || polls.load(Relaxed)
    }
}

impl Stream for Counted {
    type Item = Result<String, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.polls.fetch_add(1, Relaxed);
        self.messages.as_mut().poll_next(cx)
    }
}

#[track_caller]
fn assert_sent(request: &mut Accepted, messages: &[&str]) {
    let sent = assert_ready!(request.poll_body());
    let expected: Vec<_> = messages.iter().map(|message| framed(message)).collect();
    assert_eq!(sent.expect("more to come").unwrap(), expected.concat());
}

#[track_caller]
fn assert_abandoned(request: &mut Accepted, why: Abandoned) {
    let error = assert_ready!(request.poll_body()).unwrap().unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&why));
}

#[tokio::test(start_paused = true)]
async fn a_source_is_read_by_who_polls_the_call() {
    let (client, mut server) = client();
    let (sender, source) = source();
    let polls = source.polls();
    let mut call = task::spawn(client.client_streaming(&UPLOAD, source));
    sender.send(Ok(text("zero"))).unwrap();
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_sent(&mut request, &["zero"]);
    assert_pending!(request.poll_body());

    let before = polls();
    sender.send(Ok(text("one"))).unwrap();
    sender.send(Ok(text("two"))).unwrap();
    assert!(call.is_woken());
    assert_pending!(request.poll_body(), "the transport does not read it");
    assert_eq!(polls(), before);
    assert_pending!(call.poll());
    assert_sent(&mut request, &["one", "two"]); // what is ready leaves together
    drop(sender);
    assert_pending!(call.poll());
    assert!(assert_ready!(request.poll_body()).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_there_at_once_leaves_with_its_end() {
    //
    let (client, mut server) = client();
    let messages = ["one", "two"].map(text);
    let mut call = task::spawn(client.client_streaming(&UPLOAD, messages));
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert!(!request.is_end_stream());
    assert_sent(&mut request, &["one", "two"]);
    assert!(request.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn every_read_of_a_stream_moves_its_request() {
    let (client, mut server) = client();
    let (sender, source) = source();
    let mut call = task::spawn(client.bidi(&CHAT, source));
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_pending!(request.poll_body());
    let mut answers = assert_ready_ok!(call.poll(), "it does not wait for headers");

    sender.send(Ok(text("one"))).unwrap();
    let mut head = task::spawn(answers.initial_metadata());
    assert_pending!(head.poll());
    assert_sent(&mut request, &["one"]);
    let answer = request.answer();
    assert_ready_ok!(head.poll());
    drop(head);

    answer.frame([framed("first"), framed("second")].concat()); // that they come together matters not
    sender.send(Ok(text("two"))).unwrap();
    let first = assert_ready_ok!(task::spawn(answers.recv()).poll());
    assert_eq!(first.as_deref(), Some("first"));
    assert_sent(&mut request, &["two"]);
    sender.send(Ok(text("three"))).unwrap();
    assert_pending!(request.poll_body(), "nobody reads the answers");
    let second = assert_ready_ok!(task::spawn(answers.recv()).poll());
    assert_eq!(second.as_deref(), Some("second"));
    assert_sent(&mut request, &["three"]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_ends_both_directions() {
    // B-24
    let (client, mut server) = client();
    let (sender, source) = source();
    let mut call = task::spawn(client.bidi(&CHAT, source).collect());
    assert_pending!(call.poll());
    let mut request = server.accept();
    sender.send(Ok(text("one"))).unwrap();
    sender
        .send(Err(Status::new(Code::DataLoss, "broken")))
        .unwrap();
    assert_eq!(assert_ready_err!(call.poll()).code(), Code::DataLoss);
    assert_abandoned(&mut request, Abandoned::Cancelled); // no end that looks complete
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_takes_its_call_along() {
    // B-23
    let (client, mut server) = client();
    let (sender, source) = source();
    let source = source.map(|message| match message {
        Ok(text) if text == "mine" => panic!("it went off"),
        message => message,
    });
    let mut call = Box::pin(client.client_streaming(&UPLOAD, source));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert_pending!(call.as_mut().poll(&mut cx));
    let mut request = server.accept();
    sender.send(Ok(text("mine"))).unwrap();
    let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut cx).is_ready()));
    assert!(polled.is_err(), "it is the caller's");
    drop(call); // as the task does that ends with it
    assert_abandoned(&mut request, Abandoned::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn an_early_end_stops_the_source() {
    //
    let (client, mut server) = client();
    let (sender, source) = source();
    let mut call = task::spawn(client.client_streaming(&UPLOAD, source));
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_pending!(request.poll_body());
    let answer = request.answer();
    answer.message("enough");
    answer.trailers("0");
    assert_eq!(assert_ready_ok!(call.poll()), "enough");
    assert_abandoned(&mut request, Abandoned::Over);
    assert!(sender.is_closed(), "it was dropped");
}

#[tokio::test(start_paused = true)]
async fn an_early_end_stops_a_source_without_end() {
    //
    let (client, mut server) = client();
    let held = Arc::new(());
    let mark = Arc::clone(&held);
    let again = move || Ok(Arc::strong_count(&mark).to_string());
    let endless = Counted::new(tokio_stream::iter(std::iter::repeat_with(again)));
    let polls = endless.polls();
    let mut call = task::spawn(client.bidi(&CHAT, endless).collect());
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert!(matches!(request.poll_body(), Poll::Ready(Some(Ok(_)))));
    let answer = request.answer();
    answer.message("enough");
    let before = polls();
    assert_pending!(call.poll());
    assert!(polls() > before, "it goes on while answers come");
    answer.trailers("0");
    assert_eq!(assert_ready_ok!(call.poll()), ["enough"]);
    assert_eq!(Arc::strong_count(&held), 1, "it was dropped");
    assert_abandoned(&mut request, Abandoned::Over);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_call_whose_source_never_comes() {
    // B-1, B-4
    for answered in [false, true] {
        let (client, mut server) = client();
        let (sender, source) = source();
        let call = client.bidi(&CHAT, source).timeout(Duration::from_millis(5));
        let mut call = task::spawn(call.collect());
        assert_pending!(call.poll());
        let mut request = server.accept();
        assert_pending!(request.poll_body());
        let _answer = answered.then(|| request.answer());
        assert_pending!(call.poll());
        tokio::time::advance(Duration::from_millis(5)).await;
        assert!(call.is_woken());
        assert_eq!(
            assert_ready_err!(call.poll()).code(),
            Code::DeadlineExceeded
        );
        assert!(sender.is_closed());
        assert_abandoned(&mut request, Abandoned::Cancelled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_drops_its_source() {
    // B-20, B-23
    let (client, mut server) = client();
    let (sender, source) = source();
    let mut call = task::spawn(client.client_streaming(&UPLOAD, source));
    sender.send(Ok(text("one"))).unwrap();
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_sent(&mut request, &["one"]);
    drop(call);
    assert!(sender.is_closed());
    assert_abandoned(&mut request, Abandoned::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_source_is_dropped_with_its_call() {
    let (client, mut server) = client();
    let (sender, source) = source();
    let mut call = task::spawn(client.bidi(&CHAT, source));
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_pending!(request.poll_body());
    let mut answers = assert_ready_ok!(call.poll());
    let handle = answers.cancel_handle();
    sender.send(Ok(text("late"))).unwrap();
    handle.cancel();
    assert!(sender.is_closed());
    assert_abandoned(&mut request, Abandoned::Cancelled); // B-20
    let status = assert_ready_err!(task::spawn(answers.recv()).poll());
    assert_eq!(status.code(), Code::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn less_than_16_kib_wait_before_the_next_message_is_taken() {
    //
    let (client, mut server) = client();
    let source = Counted::new(tokio_stream::iter(std::iter::repeat_with(|| {
        Ok("a".repeat(2048))
    })));
    let polls = source.polls();
    let mut call = task::spawn(client.client_streaming(&UPLOAD, source));
    assert_pending!(call.poll());
    assert_eq!(polls(), 8);
    assert_pending!(call.poll());
    assert_eq!(polls(), 8);
    let mut request = server.accept();
    let sent = assert_ready!(request.poll_body()).unwrap().unwrap();
    assert!((16 * 1024..18 * 1024).contains(&sent.len()));
    assert!(call.is_woken());
    assert_pending!(call.poll());
    assert_eq!(polls(), 16);
}

/// Takes a millisecond of the paused clock.
fn work(number: i32) -> String {
    let work = pin!(tokio::time::advance(Duration::from_millis(1)));
    assert_pending!(task::spawn(work).poll());
    number.to_string()
}

fn slow() -> impl Stream<Item = Result<String, Status>> + Send {
    tokio_stream::iter(0..5).map(|number| Ok(work(number)))
}

#[tokio::test(start_paused = true)]
async fn a_slow_source_has_a_turn_for_each_message() {
    let (client, mut server) = client();
    let mut call = task::spawn(client.client_streaming(&UPLOAD, slow()));
    assert_pending!(call.poll());
    let mut request = server.accept();
    for number in ["0", "1", "2"] {
        assert_sent(&mut request, &[number]);
        tokio::task::yield_now().await; // others have their turn
        assert!(call.is_woken(), "it comes back by itself");
        assert_pending!(call.poll());
    }
    // The answer is looked at between two turns.
    request.answer().trailers("9");
    assert_eq!(
        assert_ready_err!(call.poll()).code(),
        Code::FailedPrecondition
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_becomes_slow_has_no_more_slow_messages_in_a_turn_than_quick_ones() {
    let (client, mut server) = client();
    let source = tokio_stream::iter(0..6).map(|number| match number {
        0 | 1 => Ok(number.to_string()),
        slow => Ok(work(slow)),
    });
    let mut call = task::spawn(client.client_streaming(&UPLOAD, source));
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_sent(&mut request, &["0", "1", "2", "3"]);
    for number in ["4", "5"] {
        assert_pending!(call.poll());
        assert_sent(&mut request, &[number]);
    }
}

/// Sends what takes a turn for each message; the last of them and the end belong to one turn.
#[track_caller]
fn assert_ends_with_its_last<M, K>(messages: M)
where
    M: IntoMessages<String, K>,
{
    let (client, mut server) = client();
    let mut call = task::spawn(client.client_streaming(&UPLOAD, messages));
    assert_pending!(call.poll());
    let mut request = server.accept();
    assert_sent(&mut request, &["0"]);
    assert_pending!(call.poll());
    assert_sent(&mut request, &["1"]);
    assert!(assert_ready!(request.poll_body()).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_slow_source_that_knows_its_end_ends_with_its_last_message() {
    //
    assert_ends_with_its_last((0..2).map(work));
    assert_ends_with_its_last(tokio_stream::iter((0..2).map(work)));
    assert_ends_with_its_last(tokio_stream::iter((0..2).map(|number| Ok(work(number)))));
}

#[tokio::test(start_paused = true)]
async fn the_clock_runs_while_a_source_works() {
    // B-1, B-3, B-6
    let (client, mut server) = client();
    let call = client.client_streaming(&UPLOAD, slow());
    let mut call = task::spawn(call.timeout(Duration::from_micros(1500)));
    assert_pending!(call.poll());
    assert_eq!(
        assert_ready_err!(call.poll()).code(),
        Code::DeadlineExceeded
    );
    assert_abandoned(&mut server.accept(), Abandoned::Cancelled); // B-4

    let (_sender, source) = source();
    let polls = source.polls();
    let late = client
        .client_streaming(&UPLOAD, source)
        .timeout(Duration::ZERO);
    let status = assert_ready_err!(task::spawn(late).poll());
    assert_eq!((status.code(), polls()), (Code::DeadlineExceeded, 0));
}
