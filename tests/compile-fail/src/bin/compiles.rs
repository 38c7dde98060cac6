//! Everything that the other programs get wrong, done right.

use std::convert::Infallible;

use bytes::Bytes;
use ziggurat::{Channel, Method, Raw, Status};
use ziggurat_compile_fail::{Bean, CoffeeMachineMethods, CoffeeMachineStub, LatteOrder, Line};

static MAKE_LATTE: Method<Bytes, Bytes> = CoffeeMachineMethods::MAKE_LATTE.raw();

#[derive(Clone)]
struct Logged(Channel);

impl tower_service::Service<http::Request<ziggurat::Body>> for Logged {
    type Response = http::Response<ziggurat::channel::ResponseBody>;
    type Error = Infallible;
    type Future = ziggurat::channel::ResponseFuture;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        tower_service::Service::<http::Request<ziggurat::Body>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: http::Request<ziggurat::Body>) -> Self::Future {
        println!("{}", request.uri());
        self.0.call(request)
    }
}

async fn run(channel: Channel) -> Result<(), Status> {
    let cafe = CoffeeMachineStub::new(Logged(channel.clone()));
    cafe.upload(vec![Bean::default()]).await?;
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
    let raw = ziggurat::Client::<_>::new(channel).with_codec::<Raw>();
    raw.unary(&MAKE_LATTE, Bytes::new()).await?;
    let _service = cafe.service(&CoffeeMachineMethods::WATCH);
    Ok(())
}

fn main() {
    drop(run(Channel::default()));
}
