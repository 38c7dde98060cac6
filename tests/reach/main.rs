//! Every way to reach a server: unix sockets, IPv6, proxies, and the name that it is called by.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod authority;
mod environment;
mod ipv6;
mod names;
mod prefix;
mod proxied;
mod proxy;
mod refused;
mod secure;
mod server;
mod unix;

use std::{error::Error, future::Future, io, time::Duration};

use tokio::{runtime::Runtime, time::timeout};
use ziggurat::{Channel, Code, Response, Status, channel::Builder};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, LatteOrder};

/// Runs a test on threads of its own. A test that would hang fails; none waits for the clock.
fn run(test: impl Future<Output = ()>) {
    let guarded = async {
        timeout(Duration::from_secs(60), test)
            .await
            .expect("the test hangs");
    };
    Runtime::new().unwrap().block_on(guarded);
}

fn cafe(target: &str) -> CoffeeMachineStub {
    brew_with(Channel::builder(target).unwrap())
}

fn brew_with(builder: Builder) -> CoffeeMachineStub {
    CoffeeMachineStub::new(builder.connect_lazy())
}

async fn latte(cafe: &CoffeeMachineStub) -> Result<Response<Coffee>, Status> {
    cafe.make_latte(LatteOrder::default()).send().await
}

/// What the server saw as `:authority`.
fn authority(response: &Response<Coffee>) -> &str {
    response.initial_metadata().get(server::AUTHORITY).unwrap()
}

#[track_caller]
fn assert_unavailable(status: &Status, text: &str) {
    assert_eq!((status.code(), status.message()), (Code::Unavailable, text));
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
