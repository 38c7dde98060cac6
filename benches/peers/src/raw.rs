//! How clients without a gRPC library make and read messages: not at all, or with prost and little else.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Uri};
use prost::Message;

use crate::{
    Load, Result, Tally, check,
    chunks::Chunks,
    messages::{self, Order, Payload, Sum, Wish, frame, frame_length, put},
};

/// How many bytes of small messages are sent at once.
const PACKED: usize = 16 * 1024;

/// What an answer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Payload,
    Order,
}

/// Makes and reads messages.
pub trait Messages: Clone + Send + Sync + 'static {
    type Reader: Reader;

    fn new(load: &Load) -> Self;

    /// A framed payload.
    fn payload(&self) -> Bytes;

    /// A framed order.
    fn order(&self) -> Bytes;

    /// Some of so many framed payloads, and how many they are.
    fn some(&self, messages: usize) -> (Bytes, usize);

    fn reader(&self, answer: Answer) -> Self::Reader;
}

/// Reads messages from chunks.
pub trait Reader: Send + 'static {
    /// Takes a chunk; gives all that came until now.
    ///
    /// # Errors
    ///
    /// It is no message.
    fn push(&mut self, chunk: Bytes) -> Result<Tally>;
}

/// Messages are bytes, framed before anything is measured, and answers are counted only.
#[derive(Clone, Debug)]
pub struct Ready {
    payload: Bytes,
    order: Bytes,
    some: Bytes,
    size: usize,
}

impl Messages for Ready {
    type Reader = Counting;

    fn new(load: &Load) -> Self {
        let payload = frame(&messages::payload(load.size));
        let some = payload.repeat((PACKED / payload.len()).max(1)).into();
        let order = frame(&messages::order());
        Self {
            payload,
            order,
            some,
            size: load.size,
        }
    }

    fn payload(&self) -> Bytes {
        self.payload.clone()
    }

    fn order(&self) -> Bytes {
        self.order.clone()
    }

    fn some(&self, messages: usize) -> (Bytes, usize) {
        let messages = messages.min(self.some.len() / self.payload.len());
        (self.some.slice(..messages * self.payload.len()), messages)
    }

    fn reader(&self, answer: Answer) -> Counting {
        let (frame, size) = match answer {
            Answer::Payload => (frame_length(self.size), self.size),
            Answer::Order => (self.order.len(), messages::ORDER_LINES),
        };
        Counting {
            frame,
            size,
            bytes: 0,
        }
    }
}

/// Counts bytes, and takes them for messages.
#[derive(Debug)]
pub struct Counting {
    frame: usize,
    size: usize,
    bytes: usize,
}

impl Reader for Counting {
    fn push(&mut self, chunk: Bytes) -> Result<Tally> {
        self.bytes += chunk.len();
        let messages = self.bytes / self.frame;
        Ok(Tally {
            messages,
            size: messages * self.size,
        })
    }
}

/// Messages are encoded and decoded by prost.
#[derive(Clone, Debug)]
pub struct Prost {
    payload: Payload,
    order: Order,
}

impl Messages for Prost {
    type Reader = Decoding;

    fn new(load: &Load) -> Self {
        Self {
            payload: messages::payload(load.size),
            order: messages::order(),
        }
    }

    fn payload(&self) -> Bytes {
        // A message that is sent is made for it.
        frame(&self.payload.clone())
    }

    fn order(&self) -> Bytes {
        frame(&self.order.clone())
    }

    fn some(&self, messages: usize) -> (Bytes, usize) {
        let mut some = BytesMut::with_capacity(PACKED);
        let mut count = 0;
        while count < messages && some.len() < PACKED {
            put(&self.payload.clone(), &mut some);
            count += 1;
        }
        (some.freeze(), count)
    }

    fn reader(&self, answer: Answer) -> Decoding {
        Decoding {
            answer,
            chunks: Chunks::default(),
            tally: Tally::default(),
        }
    }
}

/// Decodes message by message.
#[derive(Debug)]
pub struct Decoding {
    answer: Answer,
    chunks: Chunks,
    tally: Tally,
}

impl Reader for Decoding {
    fn push(&mut self, chunk: Bytes) -> Result<Tally> {
        self.chunks.push(chunk);
        while let Some(message) = self.chunks.take() {
            self.tally.messages += 1;
            self.tally.size += match self.answer {
                Answer::Payload => Payload::decode(message)?.data.len(),
                Answer::Order => Order::decode(message)?.lines.len(),
            };
        }
        Ok(self.tally)
    }
}

/// The request for so many messages, framed.
pub fn wish(load: &Load, messages: usize) -> Bytes {
    let number = |number: usize| u32::try_from(number).expect("numbers are small");
    frame(&Wish {
        count: number(messages),
        size: number(load.size),
        pack: number(load.pack),
    })
}

/// What the server counted.
///
/// # Errors
///
/// It is no whole message.
pub fn sum(answer: Bytes) -> Result<u64> {
    let mut chunks = Chunks::default();
    chunks.push(answer);
    let sum = chunks.take().ok_or("the server counted nothing")?;
    Ok(Sum::decode(sum)?.bytes)
}

/// The heads of requests, made once.
#[derive(Clone, Debug)]
pub struct Heads {
    pub echo: Request<()>,
    pub place: Request<()>,
    pub download: Request<()>,
    pub upload: Request<()>,
    pub talk: Request<()>,
}

impl Heads {
    /// # Errors
    ///
    /// The load's server makes no URI.
    pub fn new(load: &Load) -> Result<Self> {
        let head = |method: &str| -> Result<Request<()>> {
            let uri: Uri = format!("{}/peers.Peers/{method}", load.origin()).parse()?;
            let head = Request::post(uri)
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .header("user-agent", "peers");
            Ok(head.body(())?)
        };
        Ok(Self {
            echo: head("Echo")?,
            place: head("Place")?,
            download: head("Download")?,
            upload: head("Upload")?,
            talk: head("Talk")?,
        })
    }
}

/// Fails unless the trailers say that the call went well.
///
/// # Errors
///
/// They do not.
pub fn check_status(trailers: Option<&HeaderMap>) -> Result {
    let status = trailers.and_then(|trailers| trailers.get("grpc-status"));
    check(
        "grpc-status",
        status.map(|status| status.as_bytes()),
        Some(b"0".as_slice()),
    )
}
