//! Repeats calls that a server turned away: with the retry of gRPC, and with tower's beside it.
//!
//! The machine is heating up and turns the first two calls away. One sees a unary and a server-streaming call come
//! through at the third attempt, and an upload too: what was sent of its stream is kept until the answer begins. What the
//! policy of gRPC knows beside is what its server says (pushback), a throttle for outages, and which attempts failed.

use std::{error::Error, future, time::Duration};

use http::{Request, Response};
use tower::{Layer, ServiceBuilder, retry::Policy};
use ziggurat::{
    Body, Channel, Code, GrpcService, Outcome,
    layers::retry::{RetryLayer, RetryPolicy, Throttle},
    protocol::status::progress::Progress,
    try_clone_request,
};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder},
    server::{busy, serve_behind},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = RetryPolicy::builder()
        .retryable_codes([Code::Unavailable])
        .max_attempts(3)
        .initial_backoff(Duration::from_millis(20))
        .build()?;
    let retry = RetryLayer::new(policy).throttle(Throttle::new(100, 0.1)?);
    println!("By a policy of gRPC");
    drink(async || Ok(retry.layer(turned_away().await?))).await?;

    println!("By tower's retry and a policy of ten lines");
    let tower = ServiceBuilder::new().retry(Again(2));
    drink(async || Ok(tower.clone().service(turned_away().await?))).await
}

/// Makes a call of three shapes, each to a machine that turns it away twice.
async fn drink<S: GrpcService>(
    service: impl AsyncFn() -> Result<S, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let cafe = CoffeeMachineStub::new(service().await?);
    let latte = cafe.make_latte(LatteOrder::default()).send().await?;
    for attempt in latte.progress().map_or(&[][..], Progress::attempts) {
        println!(
            "  {}, then a pause of {:?}",
            attempt.code(),
            attempt.delay()
        );
    }
    println!("  unary: {:?}", latte.into_message());

    let cafe = CoffeeMachineStub::new(service().await?);
    let orders = cafe.watch(Filter { count: 2, size: 0 }).collect().await?;
    println!("  server streaming: {} orders", orders.len());

    let cafe = CoffeeMachineStub::new(service().await?);
    let receipt = cafe.upload([Bean::default(), Bean::default()]).await?;
    println!("  client streaming: {receipt:?}");
    Ok(())
}

/// A channel to a machine that turns two calls away.
async fn turned_away() -> Result<Channel, Box<dyn Error>> {
    let (address, _serving) = serve_behind(busy(2)).await?;
    Ok(Channel::builder(&format!("http://{address}"))?.connect_lazy())
}

/// How many more times a call may be sent.
#[derive(Clone)]
struct Again(u32);

impl<B: http_body::Body, E> Policy<Request<Body>, Response<B>, E> for Again {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        request: &mut Request<Body>,
        answer: &mut Result<Response<B>, E>,
    ) -> Option<Self::Future> {
        let outcome = Outcome::of(answer.as_ref().ok()?);
        let failure = outcome.failure()?; // none if messages may follow: the call is committed
        println!("  {}  {failure}", request.uri().path());
        self.0 = self.0.checked_sub(1)?;
        let can_replay = request.body().can_replay(); // not what is longer than may be kept
        (failure.code() == Code::Unavailable && can_replay).then(|| future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        try_clone_request(request)
    }
}
