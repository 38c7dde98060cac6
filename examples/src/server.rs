//! The coffee machine, served by tonic.

use std::{
    future, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use http::{HeaderMap, header::AUTHORIZATION};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::{Stream, StreamExt};
use tonic::{
    Code, Request, Response, Status, Streaming,
    metadata::{MetadataMap, MetadataValue},
    service::{Interceptor, Routes},
    transport::server::TcpIncoming,
};
use ziggurat_types::{BadRequest, ErrorInfo, StandardDetails, bad_request::FieldViolation};

use crate::{
    cafe::{Bean, Coffee, Filter, LatteOrder, Line, Order, Receipt},
    tonic_cafe::coffee_machine_server::{CoffeeMachine, CoffeeMachineServer},
};

/// Who orders under this name waits for ever.
pub const GODOT: &str = "Godot";

/// How many spoons of sugar a cup holds.
pub const SPOONS: i32 = 10;

/// Makes coffee.
///
/// Metadata that comes with a latte order under `x-…` goes back before the coffee. An order with more than [`SPOONS`]
/// of sugar is refused with `google.rpc` details; [`GODOT`]'s is never answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl CoffeeMachine for Machine {
    type WatchStream = Messages<Order>;
    type ChatStream = Messages<Line>;

    async fn make_latte(&self, request: Request<LatteOrder>) -> Result<Response<Coffee>, Status> {
        let echo = echo(request.metadata());
        let LatteOrder { sugar, name } = request.into_inner();
        if name == GODOT {
            future::pending::<()>().await;
        }
        if sugar > SPOONS {
            return Err(too_sweet());
        }
        let temperature = 60 + sugar;
        let mut response = Response::new(Coffee { name, temperature });
        *response.metadata_mut() = echo;
        Ok(response)
    }

    async fn watch(&self, request: Request<Filter>) -> Result<Response<Self::WatchStream>, Status> {
        let Filter { count, size } = request.into_inner();
        let orders = (0..count).map(move |number| {
            Ok(Order {
                number,
                name: format!("order {number}"),
                padding: vec![0; size as usize],
            })
        });
        Ok(Response::new(Box::pin(tokio_stream::iter(
            orders.collect::<Vec<_>>(),
        ))))
    }

    async fn upload(&self, request: Request<Streaming<Bean>>) -> Result<Response<Receipt>, Status> {
        let mut beans = request.into_inner();
        let mut receipt = Receipt::default();
        while let Some(bean) = beans.message().await? {
            receipt.beans += 1;
            receipt.grams += bean.grams;
        }
        Ok(Response::new(receipt))
    }

    async fn chat(
        &self,
        request: Request<Streaming<Line>>,
    ) -> Result<Response<Self::ChatStream>, Status> {
        let lines = request.into_inner();
        let answers = lines.map(|line| {
            line.map(|line| Line {
                text: format!("you said: {}", line.text),
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

/// What came under `x-…`.
fn echo(metadata: &MetadataMap) -> MetadataMap {
    let headers: &HeaderMap = metadata.as_ref();
    let custom = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-"))
        .map(|(name, value)| (name.clone(), value.clone()));
    MetadataMap::from_headers(custom.collect())
}

/// Says what is wrong with an order: in words, in details that a program reads, and beside them in trailing metadata.
fn too_sweet() -> Status {
    let text = "that is a syrup";
    let violation = FieldViolation::new("sugar", format!("a cup holds {SPOONS} spoons"));
    let details = StandardDetails::new(Code::InvalidArgument as i32, text)
        .with(ErrorInfo::new("TOO_SWEET", "cafe.example"))
        .with(BadRequest::new([violation]));
    let mut trailing = MetadataMap::new();
    trailing.insert("x-spoons", MetadataValue::from(SPOONS));
    Status::with_details_and_metadata(Code::InvalidArgument, text, details.encode(), trailing)
}

/// Turns the first calls away as UNAVAILABLE, and lets the others pass.
pub fn busy(times: u32) -> impl Interceptor + Clone + Send + Sync {
    let calls = Arc::new(AtomicU32::new(0));
    move |request| match calls.fetch_add(1, Relaxed) {
        call if call < times => Err(Status::unavailable("the machine is heating up")),
        _ => Ok(request),
    }
}

/// Turns calls away that do not bring this bearer token in `authorization`.
pub fn demanding(token: &str) -> impl Interceptor + Clone + Send + Sync + use<> {
    let expected = format!("Bearer {token}");
    move |request: Request<()>| match request.metadata().get(AUTHORIZATION.as_str()) {
        Some(value) if *value == expected.as_str() => Ok(request),
        _ => Err(Status::unauthenticated("who are you?")),
    }
}

/// Serves the machine on a free loopback port until the task is aborted.
///
/// # Errors
///
/// The port cannot be had.
pub async fn serve(machine: Machine) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    serve_routes(LOOPBACK, Routes::new(CoffeeMachineServer::new(machine))).await
}

/// Serves the machine at an address, until the task is aborted; with port 0 on a free one.
///
/// # Errors
///
/// The address cannot be had.
pub async fn serve_at(address: SocketAddr) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    serve_routes(address, Routes::new(CoffeeMachineServer::new(Machine))).await
}

/// [`serve`] behind a check that each call must pass, such as [`busy`] or [`demanding`].
///
/// # Errors
///
/// The port cannot be had.
pub async fn serve_behind(
    check: impl Interceptor + Clone + Send + Sync + 'static,
) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let guarded = CoffeeMachineServer::with_interceptor(Machine, check);
    serve_routes(LOOPBACK, Routes::new(guarded)).await
}

/// A free port that only this machine reaches.
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn serve_routes(
    address: SocketAddr,
    routes: Routes,
) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let served = tonic::transport::Server::builder()
            .add_routes(routes)
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
        served.await.expect("loopback serves");
    });
    Ok((address, task))
}
