use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use ziggurat_protocol::{Metadata, Peer, Status, status::progress::Progress};

use crate::{
    Response, Streaming,
    call::{Answer, Answering, BoxAnswer, CancelHandle},
    response::{Decode, decode_whole},
};

/// The one answer of an opened call, still to come; awaiting it gives the message.
///
/// Awaiting gives an error if the call fails: its status, or UNIMPLEMENTED if the server answers OK
/// without a message, or with several (A-125).
///
/// # Cancel safety
///
/// A reference to it can be awaited in a `select!`: nothing is lost. Dropping the reply itself
/// before it is ready cancels the call (B-20).
///
/// # Example
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let mut reply = client.open().unary(&MAKE).send("latte".to_owned()).await?;
/// reply.initial_metadata().await?; // the server has begun to answer
/// let response = reply.response().await?;
/// assert_eq!(response.message(), "latte");
/// # Ok(()) }) }
/// ```
#[must_use = "an answer is not read until it is awaited"]
pub struct Reply<T> {
    answer: Answer<BoxAnswer>,
    decode: Decode<T>,
}

impl<T> Reply<T> {
    pub(super) fn new(stream: Streaming<T>) -> Self {
        let (answer, decode) = stream.into_parts();
        Self {
            answer: Answer::new(answer),
            decode,
        }
    }

    /// Waits for the metadata before the message; afterwards it stays.
    ///
    /// # Errors
    ///
    /// The status of the call if it failed first.
    pub async fn initial_metadata(&mut self) -> Result<&Metadata, Status> {
        poll_fn(|cx| self.answering().poll_head(cx)).await?;
        Ok(&self.answer.opening().initial)
    }

    /// Who answers, once headers arrived.
    ///
    /// `None` before, and where no connection carries the call.
    pub fn peer(&self) -> Option<&Peer> {
        self.answer.opening().peer.as_ref()
    }

    /// Which attempts failed before the answer that is read, once headers arrived; see [`Response::progress`].
    pub fn progress(&self) -> Option<&Progress> {
        self.answer.opening().progress.as_deref()
    }

    /// Waits for the message with both metadata and the peer.
    ///
    /// # Errors
    ///
    /// The status of the call; UNIMPLEMENTED for a wrong number of messages (A-125).
    ///
    /// # Cancel safety
    ///
    /// It has the reply: dropping it before it is ready cancels the call.
    pub async fn response(mut self) -> Result<Response<T>, Status> {
        poll_fn(|cx| self.poll_response(cx)).await
    }

    /// Ends the call: the server sees RST_STREAM with CANCEL. Dropping does the same.
    pub fn cancel(self) {
        drop(self);
    }

    /// What cancels the call from elsewhere, while this is awaited.
    ///
    /// The reply then gives CANCELLED, with the metadata that had arrived.
    pub fn cancel_handle(&mut self) -> CancelHandle {
        CancelHandle::of(self.answering().get_mut())
    }

    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<T>, Status>> {
        let decode = self.decode;
        Pin::new(&mut self.answer).poll_response(cx, decode)
    }

    fn answering(&mut self) -> Pin<&mut BoxAnswer> {
        Pin::new(&mut self.answer).answering()
    }
}

impl<T> Unpin for Reply<T> {}

impl<T> Future for Reply<T> {
    type Output = Result<T, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let decode = self.decode;
        let mut answer = Pin::new(&mut self.answer);
        let message = ready!(answer.as_mut().poll(cx))?;
        Poll::Ready(decode_whole(message, decode).map_err(|status| answer.fail(status)))
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").finish_non_exhaustive()
    }
}
