//! tonic: the generated client over a default channel.

use std::time::Duration;

use futures_util::stream;
use hyper_util::rt::TokioIo;
use peers::{
    Client, Error, Load, Result, Tally,
    layers::{Layered, layered},
    messages,
    wire::{self, Counters},
};
use prost::Message;
use stub::{Order, Payload, Wish, peers_client::PeersClient};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Request, Streaming,
    body::Body,
    client::GrpcService,
    codegen::StdError,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

mod stub {
    include!(concat!(env!("OUT_DIR"), "/tonic/peers.rs"));
}

fn main() -> Result {
    let load = Load::from_args()?;
    if load.layers {
        peers::main::<Tonic<Layered<Channel>>>(&load)
    } else {
        peers::main::<Tonic<Channel>>(&load)
    }
}

/// What calls are made on.
trait Ground:
    GrpcService<Body, Error: Into<StdError>, Future: Send, ResponseBody = Body> + Clone + Send + 'static
{
    fn over(channel: Channel) -> Self;
}

impl Ground for Channel {
    fn over(channel: Channel) -> Self {
        channel
    }
}

impl Ground for Layered<Channel> {
    fn over(channel: Channel) -> Self {
        layered(channel)
    }
}

#[derive(Clone)]
struct Tonic<S> {
    stub: PeersClient<S>,
    timeout: bool,
    payload: Payload,
    order: Order,
    wish: Wish,
}

impl<S> Tonic<S> {
    fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        if self.timeout {
            request.set_timeout(Duration::from_secs(5));
        }
        request
    }
}

impl<S: Ground> Client for Tonic<S> {
    type Held = Streaming<Payload>;

    async fn connect(load: &Load, counters: &Counters) -> Result<Self> {
        let channel = channel(load, counters).await?;
        Ok(Self {
            stub: PeersClient::new(S::over(channel))
                .max_decoding_message_size(usize::MAX)
                .max_encoding_message_size(usize::MAX),
            timeout: load.timeout,
            payload: Payload::decode(&*messages::payload(load.size).encode_to_vec())?,
            order: Order::decode(&*messages::order().encode_to_vec())?,
            wish: Wish {
                count: 0,
                size: load.size.try_into()?,
                pack: load.pack.try_into()?,
            },
        })
    }

    async fn echo(&mut self) -> Result<Tally> {
        let request = self.request(self.payload.clone());
        let answer = self.stub.echo(request).await?.into_inner();
        Ok(Tally {
            messages: 1,
            size: answer.data.len(),
        })
    }

    async fn place(&mut self) -> Result<Tally> {
        let request = self.request(self.order.clone());
        let answer = self.stub.place(request).await?.into_inner();
        Ok(Tally {
            messages: 1,
            size: answer.lines.len(),
        })
    }

    async fn download(&mut self, messages: usize) -> Result<Tally> {
        let wish = Wish {
            count: messages.try_into()?,
            ..self.wish
        };
        let mut answers = self.stub.download(wish).await?.into_inner();
        let mut tally = Tally::default();
        while let Some(answer) = answers.message().await? {
            tally.messages += 1;
            tally.size += answer.data.len();
        }
        Ok(tally)
    }

    async fn upload(&mut self, messages: usize) -> Result<u64> {
        let payload = self.payload.clone();
        let payloads = stream::iter((0..messages).map(move |_| payload.clone()));
        Ok(self.stub.upload(payloads).await?.into_inner().bytes)
    }

    async fn talk(&mut self, messages: usize, mut answered: impl FnMut() + Send) -> Result<Tally> {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(self.payload.clone()).await?;
        let answers = self.stub.talk(ReceiverStream::new(receiver)).await?;
        let mut answers = answers.into_inner();
        let mut tally = Tally::default();
        for number in 1..=messages {
            let answer = answers.message().await?;
            let answer = answer.ok_or("the server ended the call")?;
            tally.messages += 1;
            tally.size += answer.data.len();
            answered();
            if number < messages {
                sender.send(self.payload.clone()).await?;
            }
        }
        drop(sender);
        match answers.message().await? {
            None => Ok(tally),
            Some(_) => Err(Error::from("an answer to nothing")),
        }
    }

    async fn hold(&mut self) -> Result<Streaming<Payload>> {
        Ok(self.stub.download(self.wish).await?.into_inner())
    }
}

async fn channel(load: &Load, counters: &Counters) -> Result<Channel> {
    let mut endpoint = Endpoint::from_shared(load.origin())?;
    if let Some(ca) = &load.ca {
        let ca = Certificate::from_pem(std::fs::read(ca)?);
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(ca))?;
    }
    if !wire::COUNTS {
        return Ok(endpoint.connect().await?);
    }
    let (server, counters) = (load.server, counters.clone());
    let connector = tower::service_fn(move |_| {
        let counters = counters.clone();
        async move { wire::open(server, &counters).await.map(TokioIo::new) }
    });
    Ok(endpoint.connect_with_connector(connector).await?)
}
