//! Resolvers poll by poll, on a paused clock and with lookups that the tests answer.

mod discovered;
mod fixed;
mod polled;
mod system;

use std::task::Poll;

use tokio_test::task::spawn;
use ziggurat_transport::BoxError;

use super::{Resolution, Resolver};

type Told = Poll<Option<Result<Resolution, BoxError>>>;

/// Polls once, as a task that nobody wakes.
fn poll(resolver: &mut impl Resolver) -> Told {
    spawn(()).enter(|cx, _| resolver.poll_resolution(cx))
}

/// The first addresses of what it tells now.
#[track_caller]
fn addresses(resolver: &mut impl Resolver) -> Vec<String> {
    match poll(resolver) {
        Poll::Ready(Some(Ok(resolution))) => shown(&resolution),
        other => panic!("{other:?}"),
    }
}

fn shown(resolution: &Resolution) -> Vec<String> {
    let first = resolution.endpoints.iter().map(|one| &one.addresses()[0]);
    first.map(ToString::to_string).collect()
}

/// What it cannot tell now, and why.
#[track_caller]
fn error(resolver: &mut impl Resolver) -> String {
    match poll(resolver) {
        Poll::Ready(Some(Err(error))) => error.to_string(),
        other => panic!("{other:?}"),
    }
}
