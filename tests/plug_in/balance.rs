//! tower's balancer over channels: one server is there, the other is not.

use std::{fmt::Debug, time::Duration};

use http::{Request, Response};
use tower::{
    Service,
    balance::p2c::Balance,
    buffer::Buffer,
    discover::ServiceList,
    load::{CompleteOnResponse, Load, PeakEwma, PendingRequests},
};
use ziggurat::{
    Body, BoxError,
    channel::{ReadyWhenConnected, ResponseBody},
};
use ziggurat_examples::cafe::CoffeeMachineStub;

use crate::{
    tour::{channel, channel_to, order, refusing, tour},
    within,
};

/// How many of forty calls fail, after all four shapes went well.
async fn failures<S>(load: impl Fn(ReadyWhenConnected) -> S) -> Result<usize, BoxError>
where
    S: Service<Request<Body>, Response = Response<ResponseBody>> + Load + Send + 'static,
    S::Metric: Debug,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let (dead, _socket) = refusing()?;
    let channels = [channel_to(dead), channel().await?];
    let servers = channels.map(|channel| load(channel.ready_when_connected()));
    let balance = Balance::new(ServiceList::new(servers));
    let cafe = CoffeeMachineStub::new(Buffer::new(balance, 8));
    tour(&cafe).await?;
    let mut failed = 0;
    for sugar in 0..40 {
        failed += usize::from(cafe.make_latte(order("Ada", sugar % 9)).await.is_err());
    }
    Ok(failed)
}

#[tokio::test]
async fn no_call_goes_to_a_server_that_is_not_there() -> Result<(), BoxError> {
    within(async {
        let pending = |server| PendingRequests::new(server, CompleteOnResponse::default());
        assert_eq!(failures(pending).await?, 0);
        let ewma = |server| {
            let (rtt, decay) = (Duration::from_millis(5), 1e9);
            PeakEwma::new(server, rtt, decay, CompleteOnResponse::default())
        };
        assert_eq!(failures(ewma).await?, 0);
        Ok(())
    })
    .await
}
