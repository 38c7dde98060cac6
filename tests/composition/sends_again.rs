//! Floors of our own that send a call more than once, over every kind of service.

use tower::ServiceBuilder;
use ziggurat::{
    BoxError, Code,
    layers::{
        hedge::{HedgeLayer, HedgingPolicy, InvalidPolicy},
        retry::{RetryLayer, RetryPolicy},
    },
};

use crate::{
    grounds::{channel, ground, machine},
    spawned,
};

/// Two attempts at once: each call is done twice, and answered once.
fn hedge() -> Result<HedgeLayer, InvalidPolicy> {
    HedgingPolicy::builder().build().map(HedgeLayer::new)
}

fn retry() -> Result<RetryLayer, InvalidPolicy> {
    let policy = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
    policy.build().map(RetryLayer::new)
}

#[tokio::test]
async fn hedges() -> Result<(), BoxError> {
    let builder = ServiceBuilder::new().layer(hedge()?);
    spawned!(builder.service(machine()));
    spawned!(builder.service(ground()));
    spawned!(builder.service(channel().await?));
    spawned!(builder.concurrency_limit(8).service(ground()));
    Ok(())
}

#[tokio::test]
async fn retries() -> Result<(), BoxError> {
    let builder = ServiceBuilder::new().layer(retry()?);
    spawned!(builder.service(machine()));
    spawned!(builder.service(ground()));
    spawned!(builder.service(channel().await?));
    spawned!(builder.concurrency_limit(8).service(ground()));
    Ok(())
}

#[tokio::test]
async fn both() -> Result<(), BoxError> {
    let builder = ServiceBuilder::new().layer(retry()?).layer(hedge()?);
    spawned!(builder.service(ground()));
    Ok(())
}
