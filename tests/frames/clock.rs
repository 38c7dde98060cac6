//! A clock that only the test moves.

use std::{future::Future, sync::mpsc, time::Duration};

use tokio::{task, time};

/// Runs a test, or a part of one, whose clock stands still, and fails instead of hanging.
///
/// tokio moves a paused clock by itself when it has nothing to do, and takes waiting for a socket for that; but not
/// while a blocking task runs. So one does, and as no timer fires any more, it is also the one that sees a hang.
pub(crate) async fn still<T>(test: impl Future<Output = T>) -> T {
    let (_running, ended) = mpsc::channel::<()>();
    let hang = task::spawn_blocking(move || ended.recv_timeout(Duration::from_secs(60)));
    time::pause();
    let told = tokio::select! {
        biased;
        told = test => told,
        _ = hang => panic!("it hangs"),
    };
    time::resume();
    told
}
