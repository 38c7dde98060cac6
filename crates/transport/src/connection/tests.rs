//! How hyper's futures find their call; the rest is tested on the wire.

use std::{
    convert::Infallible,
    future::{Pending, pending},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use h2::Reason;
use http_body::{Body, Frame};
use hyper::rt::Executor as _;
use tokio_test::{assert_pending, assert_ready, task};

use super::{
    AfterResponse, RequestBody,
    call::Call,
    executor::{Executor, Task},
    request::Piped,
};

const NEVER: fn() -> Pending<()> = pending;

fn call() -> Arc<Call> {
    Call::new(AfterResponse::Continue)
}

/// What the executor makes of this many futures of hyper.
fn execute(executor: &Executor, futures: usize) -> Vec<task::Spawn<Task>> {
    for _ in 0..futures {
        executor.execute(NEVER());
    }
    executor.take().into_iter().map(task::spawn).collect()
}

#[test]
fn both_futures_of_a_call_end_when_it_is_given_up() {
    // L-21
    let (executor, call) = (Executor::default(), call());
    executor.announce(&call);
    let [mut request, mut response, mut other] = execute(&executor, 3).try_into().ok().unwrap();
    assert_pending!(request.poll());
    assert_pending!(response.poll());
    assert_pending!(other.poll());
    call.give_up();
    assert!(request.is_woken() && response.is_woken() && !other.is_woken());
    assert_ready!(request.poll());
    assert_ready!(response.poll());
    assert_pending!(other.poll());
}

#[test]
fn a_body_that_is_done_takes_its_call_back() {
    let (executor, call) = (Executor::default(), call());
    executor.announce(&call);
    executor.withdraw(&call);
    assert_eq!(Arc::strong_count(&call), 1);
    let [mut response] = execute(&executor, 1).try_into().ok().unwrap();
    call.give_up();
    assert_pending!(response.poll());
}

#[test]
fn a_body_takes_back_only_its_own_call() {
    let (executor, old, new) = (Executor::default(), call(), call());
    executor.announce(&new);
    executor.withdraw(&old);
    let [mut request] = execute(&executor, 1).try_into().ok().unwrap();
    assert_pending!(request.poll());
    new.give_up();
    assert_ready!(request.poll());
}

#[test]
fn a_future_that_ends_with_the_signal_is_polled_first() {
    // its last poll chooses the reset.
    let (executor, call) = (Executor::default(), call());
    executor.announce(&call);
    call.give_up();
    let polled = Arc::new(());
    let last = polled.clone();
    executor.execute(async move {
        drop(last);
        NEVER().await;
    });
    let [mut request] = executor
        .take()
        .try_into()
        .ok()
        .map(|tasks: [Task; 1]| tasks.map(task::spawn))
        .unwrap();
    assert_ready!(request.poll());
    assert_eq!(Arc::strong_count(&polled), 1);
}

/// A body that is at its end.
#[derive(Debug)]
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

impl RequestBody for Nothing {}

#[test]
fn a_body_announces_its_call_at_its_first_poll_and_takes_it_back_when_it_is_dropped() {
    // L-21
    let (executor, call) = (Executor::default(), call());
    let mut body = Piped::new(Nothing, call.clone(), executor.clone());
    let cx = &mut Context::from_waker(Waker::noop());
    assert_eq!(Arc::strong_count(&call), 2);
    assert!(matches!(
        Pin::new(&mut body).poll_frame(cx),
        Poll::Ready(None)
    ));
    assert_eq!(Arc::strong_count(&call), 3);
    drop(body);
    assert_eq!(Arc::strong_count(&call), 1);
}

#[test]
fn a_body_whose_call_is_given_up_fails_instead_of_ending() {
    // B-23
    let call = call();
    let mut body = Piped::new(Nothing, call.clone(), Executor::default());
    call.give_up();
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Err(error))) = Pin::new(&mut body).poll_frame(cx) else {
        panic!("the body went on");
    };
    assert_eq!(error.reason(), Some(Reason::CANCEL));
}
