//! Channels over TLS: who trusts whom, what both ends agree on, and what is said when they do not.
//!
//! Certificates are made here, by rcgen; the servers are tonic's, over rustls as each test sets it up.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod agreed;
mod alpn;
mod authority;
mod flood;
mod folder;
#[cfg(unix)]
mod grounds;
mod log;
mod material;
mod mutual;
mod names;
mod refused;
mod rotation;
mod secrets;
mod server;

use std::{future::Future, time::Duration};

use tokio::{runtime::Runtime, time::timeout};
use ziggurat::{
    Channel, Code, Status,
    tls::{Roots, TlsOptions},
};
use ziggurat_examples::cafe::{CoffeeMachineStub, LatteOrder};

use authority::Authority;

/// Runs a test on threads of its own. A test that would hang fails; none waits for the clock.
fn run(test: impl Future<Output = ()>) {
    let guarded = async {
        timeout(Duration::from_secs(60), test)
            .await
            .expect("the test hangs");
    };
    Runtime::new().unwrap().block_on(guarded);
}

/// Trusts this authority, and shows nothing.
fn trusting(authority: &Authority) -> TlsOptions {
    TlsOptions::new().roots(Roots::pem(authority.pem()).unwrap())
}

fn channel(url: &str, tls: TlsOptions) -> Channel {
    let builder = Channel::builder(url).unwrap();
    builder.tls(tls).unwrap().connect_lazy()
}

/// Makes a call, and shows that it was answered.
async fn call(channel: &Channel) -> Result<(), Status> {
    let cafe = CoffeeMachineStub::new(channel.clone());
    let name = "Ada".to_owned();
    let coffee = cafe.make_latte(LatteOrder { sugar: 1, name }).await?;
    assert_eq!(coffee.name, "Ada");
    Ok(())
}

/// What a call fails with, on a channel that is made for it.
async fn failure(url: &str, tls: TlsOptions) -> Status {
    let channel = channel(url, tls);
    let status = call(&channel).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(status.is_local());
    status
}

/// rustls' error among the sources of a status.
#[track_caller]
fn cause(status: &Status) -> &rustls::Error {
    let mut source = status.cause();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        source = error.source();
    }
    panic!("no rustls::Error among the sources of {status:?}");
}
