//! Sends a bearer token with every call, by a layer that waits for the token first.
//!
//! The machine demands the token. One sees a call without it fail, and calls with it succeed; the token comes from an
//! async function, as it would from an identity provider.

use std::{
    error::Error,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, header::AUTHORIZATION};
use tower::{Service, ServiceBuilder, layer::layer_fn};
use ziggurat::{Body, BoxError, Channel, GrpcService};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::{demanding, serve_behind},
};

const TOKEN: &str = "open-sesame";

/// Adds `authorization` to each request.
#[derive(Clone)]
struct Bearer<S>(S);

impl<S: GrpcService> Service<Request<Body>> for Bearer<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let clone = self.0.clone();
        let mut ready = mem::replace(&mut self.0, clone); // the one that was made ready is called
        Box::pin(async move {
            request.headers_mut().insert(AUTHORIZATION, token().await?);
            ready.call(request).await.map_err(Into::into)
        })
    }
}

/// Asks for a token; an error becomes the status of the call, a `Status` as it is.
async fn token() -> Result<HeaderValue, BoxError> {
    tokio::task::yield_now().await; // stands for the way to the identity provider
    let mut token = HeaderValue::try_from(format!("Bearer {TOKEN}"))?;
    token.set_sensitive(true);
    Ok(token)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, _serving) = serve_behind(demanding(TOKEN)).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let order = LatteOrder {
        name: "Ali Baba".into(),
        sugar: 2,
    };

    let without = CoffeeMachineStub::new(channel.clone());
    let refused = without.make_latte(order.clone()).await;
    println!("without  {}", refused.expect_err("a token is demanded"));

    let service = ServiceBuilder::new()
        .layer(layer_fn(Bearer))
        .service(channel);
    let with = CoffeeMachineStub::new(service);
    println!("with     {:?}", with.make_latte(order).await?);
    Ok(())
}
