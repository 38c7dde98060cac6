//! A stub is put on a service whose future is not `Send`.

use std::{
    future::{Future, pending},
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;
use ziggurat::{Body, Status};
use ziggurat_compile_fail::CoffeeMachineStub;

#[derive(Clone)]
struct Silent;

impl Service<Request<Body>> for Silent {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        Box::pin(pending())
    }
}

fn main() {
    CoffeeMachineStub::new(Silent);
}
