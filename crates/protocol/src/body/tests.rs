use std::{
    ops::ControlFlow::{self, Break, Continue},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::Wake,
};

use bytes::BytesMut;
use http_body::Body as _;
use http_body_util::{BodyExt, Empty, Full, StreamBody};

use super::*;
use crate::{Code, Status};

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (std::sync::Arc<Count>, Waker) {
    let count = std::sync::Arc::new(Count::default());
    (count.clone(), Waker::from(count))
}

fn poll(body: &mut Body) -> Poll<Option<Result<Bytes, BoxError>>> {
    let mut cx = Context::from_waker(Waker::noop());
    let frame = Pin::new(body).poll_frame(&mut cx);
    frame.map(|frame| frame.map(|frame| frame.map(|frame| frame.into_data().unwrap())))
}

fn data(body: &mut Body) -> Bytes {
    match poll(body) {
        Poll::Ready(Some(Ok(data))) => data,
        other => panic!("{other:?}"),
    }
}

fn ended(body: &mut Body) -> bool {
    matches!(poll(body), Poll::Ready(None))
}

fn write(feed: &mut Feed, bytes: &[u8]) {
    let written: Result<(), ()> = feed.write(|_, buffer| {
        buffer.extend_from_slice(bytes);
        Ok(())
    });
    written.unwrap();
}

/// Fills a feed with these messages, as far as there is room, and tells how many it took.
fn fill(feed: &mut Feed, messages: &[&[u8]]) -> usize {
    let mut taken = 0;
    let _ = feed.fill(|_, buffer| {
        let Some(message) = messages.get(taken) else {
            return Break(());
        };
        buffer.extend_from_slice(message);
        taken += 1;
        Continue(())
    });
    taken
}

fn ready(feed: &mut Feed) -> Poll<bool> {
    feed.poll_ready(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn no_request_is_at_its_end_before_it_was_polled() {
    // A-65, L-2
    let (mut feed, body) = Body::feed();
    feed.end();
    for mut body in [Body::empty(), body] {
        assert!(!body.is_end_stream(), "{body:?}");
        assert!(ended(&mut body) && body.is_end_stream() && ended(&mut body));
    }
}

#[test]
fn one_message_is_the_end() {
    //
    for mut body in [
        Body::from(Bytes::from_static(b"x")),
        Body::new(Full::<Bytes>::from("x")),
    ] {
        assert!(!body.is_end_stream() && body.size_hint().exact().is_none());
        assert_eq!(data(&mut body), "x");
        assert!(body.is_end_stream());
    }
}

#[test]
fn another_body_ends_as_it_would_alone() {
    // an answer's end stands on its headers, or in its trailers.
    assert!(Body::new(Empty::<Bytes>::new()).is_end_stream());
    assert!(Body::default().is_end_stream());
    let trailers = http::HeaderMap::from_iter([(http::header::TE, 1.into())]);
    let frames = [
        Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"x"))),
        Ok(Frame::trailers(trailers.clone())),
    ];
    let mut body = Body::new(StreamBody::new(Queue(frames.into())));
    assert_eq!(data(&mut body), "x");
    assert!(!body.is_end_stream());
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(&mut body).poll_frame(&mut cx) {
        Poll::Ready(Some(Ok(frame))) => assert_eq!(frame.into_trailers().unwrap(), trailers),
        other => panic!("{other:?}"),
    }
    assert!(ended(&mut body));
}

/// A stream of what is there.
struct Queue(std::collections::VecDeque<Result<Frame<Bytes>, BoxError>>);

impl futures_core::Stream for Queue {
    type Item = Result<Frame<Bytes>, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front())
    }
}

#[test]
fn a_body_is_not_boxed_twice_and_clones() {
    let body = Body::new(Body::single(Bytes::from_static(b"x")));
    assert_eq!(format!("{body:?}"), "Body(Single)");
    let mut clone = body.try_clone().unwrap();
    assert_eq!(data(&mut clone), "x");
    for body in [Body::empty(), Body::feed().1, Body::new(Empty::new())] {
        assert!(body.can_replay() && body.try_clone().is_some(), "{body:?}");
    }
}

#[test]
fn a_cloned_request_has_everything() {
    let mut request = http::Request::post("/s/m").body(Body::empty()).unwrap();
    request.headers_mut().insert("a", "b".parse().unwrap());
    request.extensions_mut().insert(7u8);
    let clone = try_clone_request(&request).unwrap();
    assert_eq!(
        (clone.method(), clone.uri()),
        (request.method(), request.uri())
    );
    assert_eq!(
        (clone.headers().len(), clone.extensions().get()),
        (1, Some(&7u8))
    );
}

#[test]
fn what_is_fed_is_read_in_order_and_batched() {
    let (mut feed, mut body) = Body::feed();
    assert!(poll(&mut body).is_pending());
    write(&mut feed, b"ab");
    write(&mut feed, b"cd");
    assert_eq!(data(&mut body), "abcd");
    write(&mut feed, b"e");
    feed.end();
    assert_eq!(data(&mut body), "e");
    assert!(body.is_end_stream());
}

#[test]
fn a_full_feed_waits_for_its_reader() {
    //
    let (mut feed, mut body) = Body::feed();
    assert_eq!(ready(&mut feed), Poll::Ready(true));
    write(&mut feed, &[0; 16 * 1024]);
    let (woken, waker) = counted();
    assert!(
        feed.poll_ready(&mut Context::from_waker(&waker))
            .is_pending()
    );
    assert_eq!(data(&mut body).len(), 16 * 1024);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert_eq!(ready(&mut feed), Poll::Ready(true));
}

#[test]
fn writing_wakes_the_reader() {
    let (mut feed, mut body) = Body::feed();
    let (woken, waker) = counted();
    let mut body = pin!(body.frame());
    let mut cx = Context::from_waker(&waker);
    assert!(std::future::Future::poll(body.as_mut(), &mut cx).is_pending());
    write(&mut feed, b"a");
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
}

#[test]
fn a_failed_write_leaves_what_was_there() {
    let (mut feed, mut body) = Body::feed();
    write(&mut feed, b"a");
    let half = |_: &_, buffer: &mut BytesMut| {
        buffer.extend_from_slice(b"half a mess");
        Err("no")
    };
    assert_eq!(feed.write(half), Err("no"));
    let panics = |_: &_, buffer: &mut BytesMut| -> Result<(), ()> {
        buffer.extend_from_slice(b"less than that");
        panic!("it went off")
    };
    assert!(catch_unwind(AssertUnwindSafe(|| feed.write(panics))).is_err());
    write(&mut feed, b"b");
    assert_eq!(data(&mut body), "ab");
}

#[test]
fn what_breaks_off_leaves_what_was_whole() {
    let (mut feed, mut body) = Body::feed();
    assert_eq!(ready(&mut feed), Poll::Ready(true));
    let mut written = 0;
    let second = |_: &_, buffer: &mut BytesMut| {
        written += 1;
        buffer.extend_from_slice(b"a mess");
        if written == 2 {
            Break("no")
        } else {
            Continue(())
        }
    };
    assert_eq!(feed.fill(second), Break("no"));
    let mut written = 0;
    let panics = |_: &_, buffer: &mut BytesMut| -> ControlFlow<()> {
        written += 1;
        buffer.extend_from_slice(b"age");
        assert_eq!(written, 1, "it went off");
        Continue(())
    };
    assert!(catch_unwind(AssertUnwindSafe(|| feed.fill(panics))).is_err());
    feed.flush();
    assert_eq!(data(&mut body), "a message");
}

#[test]
fn what_is_filled_in_is_handed_over_together() {
    let (mut feed, mut body) = Body::feed();
    let (woken, waker) = counted();
    let mut body = pin!(body.frame());
    let mut cx = Context::from_waker(&waker);
    assert!(std::future::Future::poll(body.as_mut(), &mut cx).is_pending());
    for piece in [b"a", b"b"] {
        assert_eq!(ready(&mut feed), Poll::Ready(true));
        assert_eq!(fill(&mut feed, &[piece]), 1);
    }
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    feed.flush();
    feed.flush();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
}

#[test]
fn a_full_chunk_is_handed_over_before_the_next_message() {
    //
    let long = &[0; 5 * 1024][..];
    let (mut feed, mut body) = Body::feed();
    assert_eq!(fill(&mut feed, &[long]), 0); // nobody asked for room
    assert_eq!(ready(&mut feed), Poll::Ready(true));
    assert_eq!(fill(&mut feed, &[long, long]), 2);
    feed.flush();
    assert_eq!(ready(&mut feed), Poll::Ready(true));
    assert_eq!(fill(&mut feed, &[long, long, long]), 2); // what waits counts
    assert_eq!(ready(&mut feed), Poll::Pending);
    assert_eq!(data(&mut body).len(), 20 * 1024);
    assert_eq!(ready(&mut feed), Poll::Ready(true));
}

#[test]
fn the_first_poll_starts_the_call() {
    let (mut feed, body) = Body::feed();
    write(&mut feed, b"x");
    for (watch, mut body) in [
        (feed.watch(), body),
        Body::watched(Bytes::from_static(b"x")),
    ] {
        let (woken, waker) = counted();
        let mut cx = Context::from_waker(&waker);
        assert!(watch.poll_started(&mut cx).is_pending());
        assert_eq!(data(&mut body), "x");
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(watch.poll_started(&mut cx).is_ready());
    }
}

fn abandoned(body: &mut Body) -> Abandoned {
    match poll(body) {
        Poll::Ready(Some(Err(error))) => *error.downcast_ref().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dropped_feed_cancels() {
    // B-23
    let (mut feed, mut body) = Body::feed();
    let watch = feed.watch();
    let (woken, waker) = counted();
    body.on_abandon(&waker);
    let mut cx = Context::from_waker(&waker);
    assert!(watch.poll_abandoned(&mut cx).is_pending());
    write(&mut feed, b"never sent");
    drop(feed);
    assert_eq!(woken.0.load(Ordering::Relaxed), 2); // the watch and the transport
    assert_eq!(abandoned(&mut body), Abandoned::Cancelled);
    assert!(!body.is_end_stream());
    assert!(
        matches!(watch.poll_abandoned(&mut cx), Poll::Ready(status) if status.code() == Code::Cancelled)
    );
}

#[test]
fn who_watched_last_is_woken() {
    // B-21
    let (feed, _body) = Body::feed();
    let watch = feed.watch();
    let [(first, one), (second, other)] = [counted(), counted()];
    for waker in [&one, &one, &other] {
        let mut cx = Context::from_waker(waker);
        assert!(watch.poll_abandoned(&mut cx).is_pending());
    }
    drop(feed);
    let woken = [first, second].map(|count| count.0.load(Ordering::Relaxed));
    assert_eq!(woken, [0, 1]);
}

#[test]
fn a_feed_knows_when_the_call_is_over() {
    //
    let (feed, body) = Body::feed();
    assert!(!feed.is_over());
    drop(body);
    assert!(feed.is_over());

    let (mut feed, _body) = Body::feed();
    feed.end();
    assert!(!feed.is_over());
    let (feed, _body) = Body::feed();
    feed.watch().stop();
    assert!(feed.is_over());
}

#[test]
fn an_ended_feed_may_be_dropped() {
    // B-25
    let (mut feed, mut body) = Body::feed();
    feed.end();
    drop(feed);
    assert!(ended(&mut body));
}

#[test]
fn the_first_cause_stands() {
    let (feed, _body) = Body::feed();
    feed.abandon(Status::new(Code::Aborted, "first"));
    let watch = feed.watch();
    drop(feed);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        matches!(watch.poll_abandoned(&mut cx), Poll::Ready(status) if status.code() == Code::Aborted)
    );
}

#[test]
fn an_answer_that_ended_stops_the_request() {
    //
    let (mut feed, mut body) = Body::feed();
    feed.watch().stop();
    assert_eq!(ready(&mut feed), Poll::Ready(false));
    assert_eq!(abandoned(&mut body), Abandoned::Over);
}

#[test]
fn a_dropped_body_closes_its_feed() {
    let (mut feed, body) = Body::feed();
    drop(body);
    assert_eq!(ready(&mut feed), Poll::Ready(false));
}

#[test]
fn bodies_cross_threads() {
    fn is<T: Send + Sync + Unpin>() {}
    is::<Body>();
    is::<Feed>();
    is::<Watch>();
}
