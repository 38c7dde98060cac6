//! A stub over a real channel, and the scripted peer at the other end of its connection.

use std::{future::Future, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use prost::Message;
use ziggurat::{CallOptions, Channel, compression::Pooled};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, LatteOrder, Line};
use ziggurat_testing::peer::{Connection, Fields, Peer};

/// The two ends of one open connection.
pub(crate) struct Cafe {
    pub(crate) stub: CoffeeMachineStub,
    pub(crate) peer: Connection,
}

impl Cafe {
    pub(crate) async fn open() -> Self {
        let peer = Peer::bind().await.unwrap();
        let builder = Channel::builder(&peer.url().unwrap()).unwrap();
        let (channel, peer) = tokio::join!(builder.connect(), peer.accept());
        Self {
            stub: CoffeeMachineStub::new(channel.unwrap()),
            peer: peer.unwrap(),
        }
    }

    pub(crate) async fn with(options: CallOptions) -> Self {
        let Self { stub, peer } = Self::open().await;
        let stub = stub.with(options);
        Self { stub, peer }
    }

    /// Makes a call that is answered once its request is complete; gives what it sent.
    pub(crate) async fn sent<T>(&mut self, call: impl AsyncFnOnce(CoffeeMachineStub) -> T) -> Sent {
        let script = async {
            let request = self.peer.request().await.unwrap();
            let body = self.peer.body(request.stream).await.unwrap();
            self.peer.respond_ok(request.stream, [""]).await.unwrap();
            Sent {
                fields: request.fields,
                messages: unframed(body),
            }
        };
        within(async { tokio::join!(call(self.stub.clone()), script).1 }).await
    }
}

/// A request.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) fields: Fields,
    /// Each with its flag.
    pub(crate) messages: Vec<(u8, Bytes)>,
}

impl Sent {
    /// The values of a header, one behind the other.
    pub(crate) fn header<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let values = self.fields.values(name);
        values.map(|value| str::from_utf8(value).unwrap()).collect()
    }

    pub(crate) fn flags(&self) -> Vec<u8> {
        self.messages.iter().map(|(flag, _)| *flag).collect()
    }
}

fn unframed(mut body: Bytes) -> Vec<(u8, Bytes)> {
    let mut messages = Vec::new();
    while body.has_remaining() {
        let (flag, length) = (body.get_u8(), body.get_u32());
        messages.push((flag, body.split_to(length.try_into().unwrap())));
    }
    messages
}

/// A message behind its prefix.
pub(crate) fn framed(flag: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap();
    [&[flag], &length.to_be_bytes()[..], message]
        .concat()
        .into()
}

pub(crate) fn compressed(encoding: impl Into<Pooled>, message: &[u8]) -> Bytes {
    let mut output = BytesMut::new();
    encoding.into().compress(message, &mut output).unwrap();
    output.freeze()
}

pub(crate) fn decompressed<M: Message + Default>(encoding: impl Into<Pooled>, message: Bytes) -> M {
    let mut output = BytesMut::new();
    encoding
        .into()
        .decompress(message, &mut output, 1 << 20)
        .unwrap();
    M::decode(output).unwrap()
}

/// Runs a test that fails instead of hanging; how long it takes is not what is tested.
pub(crate) async fn within<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}

/// Two thousand of the same letter: every encoding makes it shorter.
pub(crate) fn long() -> String {
    "a".repeat(2000)
}

/// Two thousand letters of which no two neighbours are the same: run lengths make it longer.
pub(crate) fn restless() -> String {
    "ab".repeat(1000)
}

pub(crate) fn order(name: impl Into<String>) -> LatteOrder {
    let name = name.into();
    LatteOrder { sugar: 3, name }
}

pub(crate) fn bean(origin: impl Into<String>) -> Bean {
    let origin = origin.into();
    Bean { origin, grams: 3 }
}

pub(crate) fn line(text: impl Into<String>) -> Line {
    Line { text: text.into() }
}
