//! Repeats calls that a server turned away, with tower's retry and a policy of ten lines.
//!
//! The machine is heating up and turns the first two calls away. One sees a unary and a server-streaming call come
//! through at the third attempt, and an upload too: what was sent of its stream is kept until the answer begins.

use std::{error::Error, future};

use http::{Request, Response};
use tower::{ServiceBuilder, retry::Policy};
use ziggurat::{Body, Channel, Code, GrpcService, Outcome, try_clone_request};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder},
    server::{busy, serve_behind},
};

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

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("Unary");
    let coffee = cafe().await?.make_latte(LatteOrder::default()).await?;
    println!("  {coffee:?}");

    println!("Server streaming");
    let filter = Filter { count: 2, size: 0 };
    let orders = cafe().await?.watch(filter).collect().await?;
    println!("  {} orders", orders.len());

    println!("Client streaming");
    let beans = [Bean::default(), Bean::default()];
    let receipt = cafe().await?.upload(beans).await?;
    println!("  {receipt:?}");
    Ok(())
}

/// A stub whose calls may be sent three times, to a machine that turns two away.
async fn cafe() -> Result<CoffeeMachineStub<impl GrpcService>, Box<dyn Error>> {
    let (address, _serving) = serve_behind(busy(2)).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let service = ServiceBuilder::new().retry(Again(2)).service(channel);
    Ok(CoffeeMachineStub::new(service))
}
