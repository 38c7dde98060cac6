//! Everything that the other programs get wrong, done right.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;
use ziggurat::{
    Body, Channel, Client, Method, Raw, Status,
    channel::{ResponseBody, ResponseFuture},
};
use ziggurat_compile_fail::{
    Bean, CoffeeMachineMethods, CoffeeMachineStub, Filter, LatteOrder, Line,
};

static MAKE_LATTE: Method<Bytes, Bytes> = CoffeeMachineMethods::MAKE_LATTE.raw();

#[derive(Clone)]
struct Logged(Channel);

impl Service<Request<Body>> for Logged {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        println!("{}", request.uri());
        self.0.call(request)
    }
}

async fn run(channel: Channel) -> Result<(), Status> {
    let cafe = CoffeeMachineStub::new(Logged(channel.clone()));
    cafe.upload(vec![Bean::default()]).await?;
    let order = LatteOrder::default();
    cafe.make_latte(order).metadata("x-table", "7").await?;
    cafe.open()
        .make_latte()
        .send(LatteOrder::default())
        .await?
        .await?;
    let mut call = cafe.open().upload();
    call.send(Bean::default()).await?;
    call.send_last(Bean::default()).await?.await?;
    let mut call = cafe.open().chat();
    call.send(Line::default()).await?;
    call.recv().await?;
    let raw = Client::<_>::new(channel).with_codec::<Raw>();
    raw.unary(&MAKE_LATTE, Bytes::new()).await?;
    let _service = cafe.service(&CoffeeMachineMethods::WATCH);
    Ok(())
}

fn spawn<F: Future<Output: Send> + Send + 'static>(_: F) {}

fn main() {
    let cafe = CoffeeMachineStub::new(Channel::default());
    spawn(cafe.make_latte(LatteOrder::default()));
    spawn(cafe.watch(Filter::default()).metadata("x-table", "7"));
    drop(run(Channel::default()));
}
