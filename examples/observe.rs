//! Watches calls from their first header to their very end, by a layer of thirty lines.
//!
//! One sees one line for each call: what was called, and how it ended. The status of most calls stands behind the last
//! message, so the layer goes with the answer's body. A call that is dropped has an end too; so has one whose deadline
//! passes, for the stub's deadline is further out and drops what is below it.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response};
use tower::{Service, ServiceBuilder, layer::layer_fn};
use ziggurat::{
    Body, Channel, GrpcService,
    layers::outcome::{End, Observed, Observer},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, Filter, LatteOrder},
    server::{self, GODOT, SPOONS},
};

/// Marks each request, and prints how its call ended.
#[derive(Clone)]
struct Observe<S>(S);

type Report = Box<dyn FnOnce(End<'_>) + Send>;

impl<S: GrpcService> Service<Request<Body>> for Observe<S> {
    type Response = Response<Observed<S::ResponseBody, Report>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let mark = HeaderValue::from_static("yes");
        request.headers_mut().insert("x-observed", mark);
        let path = request.uri().path().to_owned();
        let report: Report = Box::new(move |end| match end {
            End::Finished(Ok(())) => println!("{path}  OK"),
            End::Finished(Err(status)) => println!("{path}  {status}"),
            End::Failed(error) => println!("{path}  {error}"),
            End::Dropped => println!("{path}  dropped"),
            other => println!("{path}  {}", other.code()),
        });
        let observer = Observer::new(report); // dropped with the future, it reports that too
        let answer = self.0.call(request);
        Box::pin(async move { Ok(observer.watch(answer.await?)) })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, _serving) = server::serve(server::Machine).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let service = ServiceBuilder::new()
        .layer(layer_fn(Observe))
        .service(channel);
    let cafe = CoffeeMachineStub::new(service);

    let order = |name: &str, sugar| LatteOrder {
        name: name.into(),
        sugar,
    };
    let response = cafe.make_latte(order("Ada", 3)).send().await?;
    let seen = response.initial_metadata().get("x-observed");
    println!("the machine saw x-observed: {seen:?}");

    let filter = Filter { count: 9, size: 0 };
    cafe.watch(filter).collect().await?;
    let mut orders = cafe.watch(filter).await?;
    orders.recv().await?;
    drop(orders);

    let refused = cafe.make_latte(order("Bob", SPOONS + 1)).await;
    assert!(refused.is_err());
    let waiting = cafe.make_latte(order(GODOT, 0));
    let late = waiting.timeout(Duration::from_millis(100)).await;
    assert!(late.is_err());
    Ok(())
}
