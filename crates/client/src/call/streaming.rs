use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{Metadata, Peer, Status};

use super::answering::{Answering, BoxAnswer};
use crate::response::Decode;

/// The messages of an answer, one by one; an error is the call's status, the end is a clean OK.
///
/// It is a [`Stream`] too, which ends after an error.
///
/// # Cancel safety
///
/// Every future of it may be dropped: no message is lost. Dropping the stream itself before its end cancels the call
/// (B-20); after the end nothing is sent (B-25).
pub struct Streaming<T> {
    answer: BoxAnswer,
    decode: Decode<T>,
    ended: bool,
}

impl<T> Streaming<T> {
    pub(crate) fn new(answer: BoxAnswer, decode: Decode<T>) -> Self {
        Self {
            answer,
            decode,
            ended: false,
        }
    }

    /// Waits for the next message; `None` says that the call ended with OK, and stays.
    ///
    /// # Errors
    ///
    /// The status of the call. It stays: each later call gives it again.
    pub async fn recv(&mut self) -> Result<Option<T>, Status> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// [`recv`](Self::recv) for futures written by hand.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Status>> {
        let Some(bytes) = ready!(self.answering().poll_message(cx)?) else {
            self.ended = true;
            return Poll::Ready(Ok(None));
        };
        let decoded = (self.decode)(bytes);
        Poll::Ready(
            decoded
                .map(Some)
                .map_err(|status| self.answering().fail(status)),
        )
    }

    /// Waits for the metadata before the first message.
    ///
    /// # Errors
    ///
    /// The status of the call if it failed first.
    pub async fn initial_metadata(&mut self) -> Result<&Metadata, Status> {
        poll_fn(|cx| self.answering().poll_head(cx)).await?;
        Ok(&self.answer.beside().initial)
    }

    /// The metadata that came with the status, once [`recv`](Self::recv) gave `None`.
    ///
    /// Of a failed call it stands in the [`Status`].
    pub fn trailing_metadata(&self) -> Option<&Metadata> {
        self.ended.then(|| &self.answer.beside().trailing)
    }

    /// Reads to the end, whatever comes, and gives the trailing metadata.
    ///
    /// # Errors
    ///
    /// The status of the call. Dropped before it is ready, it cancels the call.
    pub async fn finish(mut self) -> Result<Metadata, Status> {
        while poll_fn(|cx| self.answering().poll_message(cx))
            .await
            .transpose()?
            .is_some()
        {}
        Ok(self.answering().take_beside().trailing)
    }

    /// Who answers, once headers arrived.
    pub fn peer(&self) -> Option<&Peer> {
        self.answer.beside().peer.as_ref()
    }

    /// Ends the call: the server sees RST_STREAM with CANCEL. Dropping does the same.
    pub fn cancel(self) {
        drop(self);
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.answer.deadline()
    }

    pub(crate) fn into_parts(self) -> (BoxAnswer, Decode<T>) {
        (self.answer, self.decode)
    }

    pub(crate) fn answering(&mut self) -> Pin<&mut BoxAnswer> {
        Pin::new(&mut self.answer)
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let next = ready!(self.poll_recv(cx));
        self.ended = !matches!(next, Ok(Some(_)));
        Poll::Ready(next.transpose())
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
