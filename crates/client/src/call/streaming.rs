use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{Metadata, Peer, Status, frame::Batch, status::progress::Progress};

use super::{
    CancelHandle,
    answering::{Answering, BoxAnswer},
};
use crate::response::Decode;

/// The messages of an answer, one by one; an error is the call's status, the end is a clean OK.
///
/// It is a [`Stream`] too, which ends after an error.
///
/// Messages are taken from the connection when they are asked for: a stream that is not read holds
/// the server back. The deadline of the call is seen when the stream is read, and the request of a
/// simple call goes on then.
///
/// # Cancel safety
///
/// Every future of it may be dropped: no message is lost. Dropping the stream itself before its end
/// cancels the call (B-20); after the end nothing is sent (B-25).
///
/// # Example
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let client = Client::new(cafe());
/// let call = client.server_streaming(&WATCH, "table 7".to_owned()).metadata("x-floor", "2");
/// let mut orders = call.await?;
/// assert_eq!(orders.initial_metadata().await?.get("x-floor"), Some("2"));
/// while let Some(order) = orders.recv().await? {
///     println!("{order}");
/// }
/// assert!(orders.trailing_metadata().is_some());
/// # Ok(()) }) }
/// ```
pub struct Streaming<T> {
    answer: BoxAnswer,
    /// What has come, and was not asked for yet.
    batch: Batch,
    decode: Decode<T>,
    ended: bool,
}

impl<T> Streaming<T> {
    pub(crate) fn new(answer: BoxAnswer, decode: Decode<T>) -> Self {
        Self {
            answer,
            batch: Batch::default(),
            decode,
            ended: false,
        }
    }

    /// Waits for the next message; `None` says that the call ended with OK, and stays.
    ///
    /// # Errors
    ///
    /// The status of the call. It stays: each later call gives it again (A-148). Messages that came
    /// before it were given first (A-145), but for an end on this side: a cancelled or late call
    /// may lose some (A-146).
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has taken no message: it fits into a `select!`.
    pub async fn recv(&mut self) -> Result<Option<T>, Status> {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// [`recv`](Self::recv) for futures written by hand; the waker of the last poll is woken.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Status>> {
        loop {
            if let Some(read) = self.batch.read_next(self.decode) {
                return Poll::Ready(read.map(Some).map_err(|status| self.fail(status)));
            }
            let Some(batch) = ready!(self.answering().poll_batch(cx)?) else {
                self.ended = true;
                return Poll::Ready(Ok(None));
            };
            self.batch = batch;
        }
    }

    /// Waits for the metadata before the first message; afterwards it stays.
    ///
    /// No message is taken. A server may send it long before its first message, or with it. In a
    /// Trailers-Only answer there is none: an OK one gives an empty one (A-38).
    ///
    /// # Errors
    ///
    /// The status of the call if it failed first.
    pub async fn initial_metadata(&mut self) -> Result<&Metadata, Status> {
        poll_fn(|cx| self.answering().poll_head(cx)).await?;
        Ok(&self.answer.opening().initial)
    }

    /// The metadata that came with the status, once [`recv`](Self::recv) gave `None`.
    ///
    /// Of a failed call it stands in the [`Status`].
    pub fn trailing_metadata(&self) -> Option<&Metadata> {
        self.answer.trailing().filter(|_| self.ended)
    }

    /// Reads to the end, whatever comes, and gives the trailing metadata.
    ///
    /// Messages are thrown away undecoded. A stream that is of no more use and has no end in sight
    /// is better dropped.
    ///
    /// # Errors
    ///
    /// The status of the call.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it cancels the call.
    pub async fn finish(mut self) -> Result<Metadata, Status> {
        while poll_fn(|cx| self.answering().poll_batch(cx))
            .await
            .transpose()?
            .is_some()
        {}
        Ok(self.answering().take_beside().trailing)
    }

    /// Who answers, once headers arrived.
    ///
    /// `None` before, and where no connection carries the call.
    pub fn peer(&self) -> Option<&Peer> {
        self.answer.opening().peer.as_ref()
    }

    /// Which attempts failed before the answer that is read, once headers arrived; see [`Response::progress`](crate::Response::progress).
    pub fn progress(&self) -> Option<&Progress> {
        self.answer.opening().progress.as_deref()
    }

    /// Ends the call: the server sees RST_STREAM with CANCEL. Dropping does the same.
    ///
    /// A [`cancel_handle`](Self::cancel_handle) leaves the stream to be read to its last word.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let mut orders = client.server_streaming(&WATCH, "everything".to_owned()).await?;
    /// let first = orders.recv().await?;
    /// orders.cancel(); // the server need not go on
    /// # assert!(first.is_some());
    /// # Ok(()) }) }
    /// ```
    pub fn cancel(self) {
        drop(self);
    }

    /// What cancels the call from elsewhere, while this is read to its last word.
    ///
    /// Costs a little once; each further one is a clone of the first.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{Client, Code};
    ///
    /// let client = Client::new(cafe());
    /// let mut orders = client.server_streaming(&WATCH, "everything".to_owned()).await?;
    /// let handle = orders.cancel_handle(); // for a button, or another task
    /// handle.cancel();
    /// let status = loop {
    ///     match orders.recv().await {
    ///         Ok(order) => assert!(order.is_some()), // it had arrived
    ///         Err(status) => break status,
    ///     }
    /// };
    /// assert_eq!(status.code(), Code::Cancelled);
    /// # Ok(()) }) }
    /// ```
    pub fn cancel_handle(&mut self) -> CancelHandle {
        CancelHandle::of(&mut self.answer)
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.answer.deadline()
    }

    pub(crate) fn into_parts(self) -> (BoxAnswer, Decode<T>) {
        (self.answer, self.decode)
    }

    /// Ends the call here, and gives the status that stays; what has come is not given any more.
    pub(crate) fn fail(&mut self, status: Status) -> Status {
        self.batch = Batch::default();
        self.answering().fail(status)
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
