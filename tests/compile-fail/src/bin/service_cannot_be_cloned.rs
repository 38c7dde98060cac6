//! A stub is put on a service that is not `Clone`.

use std::{
    future::{Pending, pending},
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;
use ziggurat::{Body, Status};
use ziggurat_compile_fail::CoffeeMachineStub;

struct Silent;

impl Service<Request<Body>> for Silent {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pending<Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        pending()
    }
}

fn main() {
    CoffeeMachineStub::new(Silent);
}
