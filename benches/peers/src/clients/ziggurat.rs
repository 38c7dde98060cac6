//! Ziggurat: the generated stub over a default channel.

use std::time::Duration;

use futures_util::stream;
use peers::{
    Client, Error, Load, Result, Tally,
    layers::{Layered, layered},
    messages,
    wire::{self, Counters},
};
use prost::Message;
use stub::{Order, Payload, PeersStub, Wish};
use ziggurat::{
    CallOptions, Channel, GrpcService, Streaming,
    channel::Bare,
    tls::{Roots, TlsOptions},
};

mod stub {
    include!(concat!(env!("OUT_DIR"), "/ziggurat/peers.rs"));
}

fn main() -> Result {
    let load = Load::from_args()?;
    if load.layers {
        peers::main::<Ziggurat<Layered<Channel>>>(&load)
    } else {
        peers::main::<Ziggurat<Channel>>(&load)
    }
}

/// What calls are made on.
trait Ground: GrpcService {
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
struct Ziggurat<S> {
    stub: PeersStub<S>,
    payload: Payload,
    order: Order,
    wish: Wish,
}

impl<S: Ground> Client for Ziggurat<S> {
    type Held = Streaming<Payload>;

    async fn connect(load: &Load, counters: &Counters) -> Result<Self> {
        let channel = channel(load, counters)?;
        channel.connect().await?;
        let mut options = CallOptions::new()
            .max_receive_message_size(usize::MAX)
            .max_send_message_size(usize::MAX);
        if load.timeout {
            options = options.timeout(Duration::from_secs(5));
        }
        Ok(Self {
            stub: PeersStub::new(S::over(channel)).with(options),
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
        let answer = self.stub.echo(self.payload.clone()).await?;
        Ok(Tally {
            messages: 1,
            size: answer.data.len(),
        })
    }

    async fn place(&mut self) -> Result<Tally> {
        let answer = self.stub.place(self.order.clone()).await?;
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
        let mut answers = self.stub.download(wish).await?;
        let mut tally = Tally::default();
        while let Some(answer) = answers.recv().await? {
            tally.messages += 1;
            tally.size += answer.data.len();
        }
        Ok(tally)
    }

    async fn upload(&mut self, messages: usize) -> Result<u64> {
        let payload = self.payload.clone();
        let payloads = stream::iter((0..messages).map(move |_| payload.clone()));
        Ok(self.stub.upload(payloads).await?.bytes)
    }

    async fn talk(&mut self, messages: usize, mut answered: impl FnMut() + Send) -> Result<Tally> {
        let mut call = self.stub.open().talk();
        let mut tally = Tally::default();
        for _ in 0..messages {
            call.send(self.payload.clone()).await?;
            let answer = call.recv().await?.ok_or("the server ended the call")?;
            tally.messages += 1;
            tally.size += answer.data.len();
            answered();
        }
        call.end().await?;
        match call.recv().await? {
            None => Ok(tally),
            Some(_) => Err(Error::from("an answer to nothing")),
        }
    }

    async fn hold(&mut self) -> Result<Streaming<Payload>> {
        let mut answers = self.stub.download(self.wish).await?;
        // The others' clients wait for it by themselves.
        answers.initial_metadata().await?;
        Ok(answers)
    }
}

fn channel(load: &Load, counters: &Counters) -> Result<Channel> {
    let mut builder = Channel::builder(&load.origin())?;
    if let Some(ca) = &load.ca {
        builder = builder.tls(TlsOptions::new().roots(Roots::pem(std::fs::read(ca)?)?))?;
    }
    if !wire::COUNTS {
        return Ok(builder.connect_lazy());
    }
    let (server, counters) = (load.server, counters.clone());
    let connector = tower::service_fn(move |_| {
        let counters = counters.clone();
        async move { wire::open(server, &counters).await.map(Bare) }
    });
    Ok(builder.connector(connector).connect_lazy())
}
