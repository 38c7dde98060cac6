//! Ziggurat among the works of others: its stubs over their services, its channel under their stubs, their layers
//! between the two.

mod balance;
mod bearer;
mod bound;
mod codecs;
mod facts;
mod foreign_stub;
mod grounds;
mod handler;
mod http_layers;
mod limits;
mod observe;
mod retry;
mod tour;

use std::time::Duration;

use ziggurat::BoxError;

/// Runs a test that must not hang.
async fn within(test: impl Future<Output = Result<(), BoxError>>) -> Result<(), BoxError> {
    let guarded = tokio::time::timeout(Duration::from_secs(30), test);
    guarded.await.expect("the test hangs")
}
