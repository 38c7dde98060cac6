use bytes::Bytes;
use ziggurat_protocol::{Metadata, Peer, Status};

/// An answer of one message with what came beside it; [`Call::send`](crate::Call::send) gives it.
#[derive(Clone, Debug)]
pub struct Response<T> {
    message: T,
    beside: Beside,
}

impl<T> Response<T> {
    pub(crate) fn decode(
        message: Bytes,
        beside: Beside,
        decode: Decode<T>,
    ) -> Result<Self, Status> {
        match decode(message) {
            Ok(message) => Ok(Self { message, beside }),
            Err(status) => Err(status.with_answer(beside.initial, beside.trailing, beside.peer)),
        }
    }

    /// The message.
    pub fn message(&self) -> &T {
        &self.message
    }

    /// The message by value.
    pub fn into_message(self) -> T {
        self.message
    }

    /// The metadata before the message.
    pub fn initial_metadata(&self) -> &Metadata {
        &self.beside.initial
    }

    /// The metadata that came with the status.
    pub fn trailing_metadata(&self) -> &Metadata {
        &self.beside.trailing
    }

    /// Who answered, if a connection carried the call.
    pub fn peer(&self) -> Option<&Peer> {
        self.beside.peer.as_ref()
    }

    /// The same with another message.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            message: change(self.message),
            beside: self.beside,
        }
    }
}

/// What comes beside an answer's messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    pub(crate) initial: Metadata,
    pub(crate) trailing: Metadata,
    pub(crate) peer: Option<Peer>,
}

/// Reads one answer; a function, so that no type of message is named by the engine.
pub(crate) type Decode<T> = fn(Bytes) -> Result<T, Status>;
