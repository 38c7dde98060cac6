//! connectrpc, with the gRPC protocol: the generated client over one shared connection, as its documentation advises for
//! gRPC. Answers are read as the views that its stubs give.

use std::time::Duration;

use buffa::Message;
use connectrpc::{
    ConnectError, Protocol,
    client::{
        CallOptions, ClientConfig, ClientTransport, Http2Connection, ServerStream,
        ServiceTransport, SharedHttp2Connection,
    },
};
use futures_util::stream;
use http::Uri;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use peers::{
    Client, Error, Load, Result, Tally,
    layers::{Layered, layered},
    messages, tls,
    wire::{self, Counters},
};
use prost::Message as _;
use stub::peers::{__buffa::view::PayloadView, Order, Payload, PeersClient, Wish};
use tower::util::MapErr;

#[allow(clippy::all, clippy::pedantic, reason = "it is generated")]
mod stub {
    include!(concat!(env!("OUT_DIR"), "/connectrpc/all.rs"));
}

fn main() -> Result {
    let load = Load::from_args()?;
    if load.layers {
        peers::main::<Connect<Below>>(&load)
    } else {
        peers::main::<Connect<SharedHttp2Connection>>(&load)
    }
}

/// What calls are made on.
trait Ground: ClientTransport<ResponseBody = Incoming> {
    fn over(connection: SharedHttp2Connection) -> Self;
}

impl Ground for SharedHttp2Connection {
    fn over(connection: SharedHttp2Connection) -> Self {
        connection
    }
}

type ToConnectError = fn(Error) -> ConnectError;

/// The layers around the connection, whose own errors are not of the kind that its clients take.
type Below = ServiceTransport<Layered<MapErr<SharedHttp2Connection, ToConnectError>>>;

impl Ground for Below {
    fn over(connection: SharedHttp2Connection) -> Self {
        let error: ToConnectError = |error| ConnectError::unavailable(error.to_string());
        Self::new(layered(MapErr::new(connection, error)))
    }
}

#[derive(Clone)]
struct Connect<T> {
    stub: PeersClient<T>,
    timeout: bool,
    payload: Payload,
    order: Order,
    wish: Wish,
}

impl<T> Connect<T> {
    fn options(&self) -> CallOptions {
        let options = CallOptions::default();
        if self.timeout {
            options.with_timeout(Duration::from_secs(5))
        } else {
            options
        }
    }
}

impl<T: Ground> Client for Connect<T> {
    type Held = ServerStream<Incoming, PayloadView<'static>>;

    async fn connect(load: &Load, counters: &Counters) -> Result<Self> {
        let connection = connection(load, counters).await?;
        let config = ClientConfig::new(load.origin().parse()?)
            .with_protocol(Protocol::Grpc)
            .with_default_max_message_size(usize::MAX);
        Ok(Self {
            stub: PeersClient::new(T::over(connection.shared(1024)), config),
            timeout: load.timeout,
            payload: Payload::decode_from_slice(&messages::payload(load.size).encode_to_vec())?,
            order: Order::decode_from_slice(&messages::order().encode_to_vec())?,
            wish: Wish {
                count: 0,
                size: load.size.try_into()?,
                pack: load.pack.try_into()?,
                ..Wish::default()
            },
        })
    }

    async fn echo(&mut self) -> Result<Tally> {
        let call = self
            .stub
            .echo_with_options(self.payload.clone(), self.options());
        Ok(Tally {
            messages: 1,
            size: call.await?.view().data.len(),
        })
    }

    async fn place(&mut self) -> Result<Tally> {
        let call = self
            .stub
            .place_with_options(self.order.clone(), self.options());
        Ok(Tally {
            messages: 1,
            size: call.await?.view().lines.len(),
        })
    }

    async fn download(&mut self, messages: usize) -> Result<Tally> {
        let wish = Wish {
            count: messages.try_into()?,
            ..self.wish.clone()
        };
        let mut answers = self.stub.download(wish).await?;
        let mut tally = Tally::default();
        while let Some(answer) = answers.message().await? {
            tally.messages += 1;
            tally.size += answer.view().data.len();
        }
        Ok(tally)
    }

    async fn upload(&mut self, messages: usize) -> Result<u64> {
        let payload = self.payload.clone();
        let payloads = stream::iter((0..messages).map(move |_| payload.clone()));
        Ok(self.stub.upload(payloads).await?.view().bytes)
    }

    async fn talk(&mut self, messages: usize, mut answered: impl FnMut() + Send) -> Result<Tally> {
        let mut call = self.stub.talk().await?;
        let mut tally = Tally::default();
        for _ in 0..messages {
            call.send(self.payload.clone()).await?;
            let answer = call.message().await?.ok_or("the server ended the call")?;
            tally.messages += 1;
            tally.size += answer.view().data.len();
            answered();
        }
        call.close_send();
        match call.message().await? {
            None => Ok(tally),
            Some(_) => Err(Error::from("an answer to nothing")),
        }
    }

    async fn hold(&mut self) -> Result<Self::Held> {
        Ok(self.stub.download(self.wish.clone()).await?)
    }
}

async fn connection(load: &Load, counters: &Counters) -> Result<Http2Connection> {
    let uri: Uri = load.origin().parse()?;
    if let Some(ca) = &load.ca {
        return Ok(Http2Connection::connect_tls(uri, tls::client(ca)?).await?);
    }
    if !wire::COUNTS {
        return Ok(Http2Connection::connect_plaintext(uri).await?);
    }
    let (server, counters) = (load.server, counters.clone());
    let connector = tower::service_fn(move |_| {
        let counters = counters.clone();
        async move { wire::open(server, &counters).await.map(TokioIo::new) }
    });
    Ok(Http2Connection::connect_with_connector(connector, uri).await?)
}
