//! What becomes of wrong targets, wrong settings and wrong servers: a typed error or a status, never a panic or a hang.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod garbage;
mod metadata;
mod not_grpc;
mod odd;
mod server;
mod settings;
mod strange_answers;
mod targets;
mod unreachable;

use std::{error::Error, fmt::Debug, future::Future, io, time::Duration};

use tokio::{runtime::Runtime, time::timeout};
use ziggurat::{Channel, Code, Status, channel::Backoff};
use ziggurat_examples::cafe::{CoffeeMachineStub, Filter, LatteOrder};

/// Runs a test on threads of its own. A test that would hang fails; none waits for the clock.
fn run(test: impl Future<Output = ()>) {
    let guarded = async {
        timeout(Duration::from_secs(60), test)
            .await
            .expect("the test hangs");
    };
    Runtime::new().unwrap().block_on(guarded);
}

/// A stub whose calls wait a moment only, where a connection came to nothing.
fn cafe(url: &str) -> CoffeeMachineStub {
    let backoff = Backoff::new().initial(Duration::from_millis(20));
    let builder = Channel::builder(url).unwrap().backoff(backoff);
    CoffeeMachineStub::new(builder.connect_lazy())
}

/// How a call without a deadline fails, whatever its shape.
async fn failure(url: &str) -> Status {
    let cafe = cafe(url);
    let unary = cafe.make_latte(LatteOrder::default()).await.unwrap_err();
    for other in [
        cafe.upload([]).await.map(drop),
        cafe.watch(Filter::default()).collect().await.map(drop),
        cafe.chat([]).collect().await.map(drop),
        cafe.open().chat().finish().await.map(drop),
    ] {
        let other = other.unwrap_err();
        assert_eq!(other.code(), unary.code(), "{other}");
    }
    unary
}

#[track_caller]
fn assert_status(status: &Status, code: Code, texts: &[&str]) {
    assert_eq!(status.code(), code, "{status}");
    for text in texts {
        assert!(status.message().contains(text), "{text}: {status}");
    }
}

/// The first error of this type among the sources, whatever wraps it.
#[track_caller]
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> &'a T {
    let mut next = match error.downcast_ref::<Status>() {
        Some(status) => status.cause(),
        None => error.source(),
    };
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        // What an I/O error holds is passed over by its `source`.
        let held = error.downcast_ref().and_then(io::Error::get_ref);
        next = held.map_or_else(|| error.source(), |held| Some(held));
    }
    panic!("no such cause: {error:?}")
}

/// The error of something that must fail, whatever it would have given.
#[track_caller]
fn refused<T, E: Debug>(result: Result<T, E>) -> E {
    match result {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error,
    }
}
