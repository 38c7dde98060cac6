//! The default tower, end to end: against tonic's server over loopback, and against services in process.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod answers;
mod cardinality;
mod codecs;
mod connection;
mod deadline;
mod echo;
mod in_process;
mod life;
mod machine;
mod messages;
mod metadata;
mod not_sync;
mod opened;
mod options;
mod server;
mod simple;
mod split;
mod status;

use std::{future::Future, time::Duration};

use tokio::{runtime::Runtime, time::timeout};

/// Runs a test on threads of its own. A test that would hang fails; none waits for the clock.
fn run(test: impl Future<Output = ()>) {
    let guarded = async {
        timeout(Duration::from_secs(60), test)
            .await
            .expect("the test hangs");
    };
    Runtime::new()
        .expect("threads can be had")
        .block_on(guarded);
}
