//! What the services stand on, and what is ordered of them.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use tower::{ServiceBuilder, util::BoxCloneSyncService};
use ziggurat::{Body, BoxError, Channel, GrpcService};
use ziggurat_examples::{
    cafe::{Bean, Filter, LatteOrder, Line},
    server::{Machine, serve},
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

/// The hardest of all grounds for the compiler: every part of it is boxed, its errors too.
pub(crate) type Ground = BoxCloneSyncService<Request<Body>, Answer, BoxError>;
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// The coffee machine in this process, with everything boxed.
pub(crate) fn ground() -> Ground {
    boxed(machine())
}

/// The same as its own type.
pub(crate) fn machine() -> CoffeeMachineServer<Machine> {
    CoffeeMachineServer::new(Machine)
}

/// A channel to one on a port of its own.
pub(crate) async fn channel() -> std::io::Result<Channel> {
    let (address, _serving) = serve(Machine).await?;
    let builder = Channel::builder(&format!("http://{address}"));
    Ok(builder.expect("an address is a target").connect_lazy())
}

/// A service without a type of its own.
pub(crate) fn boxed<S>(service: S) -> Ground
where
    S: GrpcService<ResponseBody: http_body::Body<Data = Bytes>> + Sync,
{
    let boxed = ServiceBuilder::new()
        .map_err(Into::into)
        .map_response(|answer: Response<S::ResponseBody>| {
            answer.map(|body| body.map_err(Into::into).boxed_unsync())
        })
        .service(service);
    Ground::new(boxed)
}

pub(crate) fn order() -> LatteOrder {
    let name = "Ada".into();
    LatteOrder { sugar: 3, name }
}

pub(crate) fn three() -> Filter {
    Filter { count: 3, size: 0 }
}

pub(crate) fn bean(grams: u32) -> Bean {
    let origin = String::new();
    Bean { origin, grams }
}

pub(crate) fn line(text: &str) -> Line {
    let text = text.into();
    Line { text }
}

/// What the machine answers to a line.
pub(crate) fn answer(text: &str) -> Line {
    line(&format!("you said: {text}"))
}
