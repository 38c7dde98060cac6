use std::{fmt, future::poll_fn, marker::PhantomData, task::Poll};

use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{Metadata, Peer, Status, body::Feed, status::progress::Progress};

use super::{Misuse, Over};
use crate::call::{Answering, CancelHandle, Streaming, source::Encode};

/// An opened call. `Shape` says what it can do; [`open`](super) names the four.
///
/// A message that `send` accepted is written on the caller's task and waits for the transport; when
/// 16 KiB wait, the next `send` waits. So `send` is done when the message is accepted, not when it
/// was sent (A-149).
///
/// The deadline of the call starts with what is first awaited. It ends a `send` that waits, and the
/// first step after it, which sends nothing.
///
/// # Cancel safety
///
/// Dropping it before the call's end cancels the call: the stream is reset with CANCEL, and the
/// server sees no complete request (B-20, B-23).
///
/// # Example
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::{Client, open::Bidi};
///
/// /// Asks, and gives the first answer.
/// async fn ask(call: &mut Bidi<String, String>) -> Result<Option<String>, ziggurat::Status> {
///     call.send("how are you?".to_owned()).await?;
///     call.recv().await
/// }
///
/// let mut call = Client::new(cafe()).open().bidi(&CHAT);
/// assert!(ask(&mut call).await?.is_some());
/// call.cancel();
/// # Ok(()) }) }
/// ```
#[must_use = "an opened call sends nothing until it is told"]
pub struct Opened<Req, Resp, Shape> {
    pub(super) feed: Feed,
    pub(super) stream: Streaming<Resp>,
    pub(super) encode: Encode<Req>,
    started: bool,
    pub(super) ended: bool,
    shape: PhantomData<fn() -> Shape>,
}

impl<Req, Resp, Shape> Opened<Req, Resp, Shape> {
    pub(super) fn new(feed: Feed, stream: Streaming<Resp>, encode: Encode<Req>) -> Self {
        Self {
            feed,
            stream,
            encode,
            started: false,
            ended: false,
            shape: PhantomData,
        }
    }

    /// Sends the headers, and waits until they are under way; nothing if they are.
    ///
    /// It waits for a connection and a free stream, and not for the server: that may answer only
    /// when it has read a message. Without it, the first message goes together with the headers.
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again.
    pub async fn send_request(&mut self) -> Result<(), Status> {
        if !self.started {
            poll_fn(|cx| self.stream.answering().poll_started(cx)).await?;
            self.started = true;
        }
        Ok(())
    }

    /// Waits for the metadata before the first message; sends the request if it was not.
    ///
    /// A server that sends headers only with its first answer makes this wait for that: send what
    /// it needs first.
    ///
    /// # Errors
    ///
    /// The status of the call if it failed first.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{CallOptions, Client};
    ///
    /// let client = Client::new(cafe()).with(CallOptions::new().metadata("x-table", "7")?);
    /// let mut call = client.open().bidi(&CHAT);
    /// assert_eq!(call.initial_metadata().await?.get("x-table"), Some("7"));
    /// # Ok(()) }) }
    /// ```
    pub async fn initial_metadata(&mut self) -> Result<&Metadata, Status> {
        self.stream.initial_metadata().await
    }

    /// Who answers, once headers arrived.
    ///
    /// `None` before, and where no connection carries the call.
    pub fn peer(&self) -> Option<&Peer> {
        self.stream.peer()
    }

    /// Which attempts failed before the answer that is read, once headers arrived; see [`Response::progress`](crate::Response::progress).
    pub fn progress(&self) -> Option<&Progress> {
        self.stream.progress()
    }

    /// Ends the call: the server sees RST_STREAM with CANCEL. Dropping does the same.
    pub fn cancel(self) {
        drop(self);
    }

    /// What cancels the call from elsewhere, whatever becomes of this handle: a [`Reply`], a
    /// [`Streaming`], two halves.
    ///
    /// Costs a little once; each further one is a clone of the first.
    ///
    /// [`Reply`]: super::Reply
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{Client, Code};
    ///
    /// let mut call = Client::new(cafe()).open().unary(&MAKE);
    /// let handle = call.cancel_handle();
    /// let reply = call.send("latte".to_owned()).await?;
    /// handle.cancel();
    /// assert_eq!(reply.await.unwrap_err().code(), Code::Cancelled);
    /// # Ok(()) }) }
    /// ```
    pub fn cancel_handle(&mut self) -> CancelHandle {
        self.stream.cancel_handle()
    }

    /// Accepts a message; its end rides on the same frame if it is the last.
    ///
    /// It has the message: a future that holds a reference over an `await` could be sent only where messages can be shared.
    pub(super) async fn accept(
        &mut self,
        message: Req,
        packing: Packing,
        last: Last,
    ) -> Result<(), Status> {
        if self.ended {
            return Err(Misuse::SendAfterEnd.into());
        }
        self.room().await?;
        self.put(&message, packing)?;
        drop(message);
        if let Last::Yes = last {
            self.ended = true;
            self.feed.end();
        }
        self.send_request().await
    }

    fn put(&mut self, message: &Req, packing: Packing) -> Result<(), Status> {
        let written = packing.write(&mut self.feed, self.encode, message);
        written.map_err(|status| self.stream.fail(status)) // A-58, A-61: the call is over
    }

    /// Ends the request without a message.
    pub(super) async fn half_close(&mut self) -> Result<(), Status> {
        if self.ended {
            return Err(Misuse::EndTwice.into());
        }
        self.in_time().await?;
        self.ended = true;
        self.feed.end();
        self.send_request().await
    }

    /// Ends the call if its deadline has passed, before anything more is sent (B-4).
    ///
    /// While there is room nothing is waited for, and so no timer tells.
    pub(super) async fn in_time(&mut self) -> Result<(), Status> {
        let deadline = self.stream.deadline();
        if !deadline.is_some_and(Deadline::has_passed) {
            return Ok(());
        }
        poll_fn(|cx| match self.stream.answering().poll_elapsed(cx) {
            Poll::Ready(status) => Poll::Ready(Err(status)),
            Poll::Pending => Poll::Ready(Ok(())),
        })
        .await
    }

    /// Waits until there is room for a message.
    ///
    /// The answer is polled too: it keeps the time, and a service in process may need that to read.
    async fn room(&mut self) -> Result<(), Status> {
        self.in_time().await?;
        let open = poll_fn(|cx| {
            let room = self.feed.poll_ready(cx);
            if room.is_pending()
                && let Poll::Ready(status) = self.stream.answering().poll_elapsed(cx)
            {
                return Poll::Ready(Err(status));
            }
            room.map(Ok)
        });
        if open.await? {
            return Ok(());
        }
        // Nobody reads any more: the answer is there, or is all that can come.
        poll_fn(|cx| self.stream.answering().poll_head(cx)).await?;
        Err(Over.into())
    }
}

/// Whether a message is the request's last.
#[derive(Clone, Copy)]
pub(super) enum Last {
    No,
    Yes,
}

/// How a message is written.
#[derive(Clone, Copy)]
pub(super) enum Packing {
    /// As the call's options have it.
    AsSet,
    /// Not compressed (A-53).
    Plain,
}

impl Packing {
    pub(super) fn write<Req>(
        self,
        feed: &mut Feed,
        encode: Encode<Req>,
        message: &Req,
    ) -> Result<(), Status> {
        let encode = |buffer: &mut _, limit| encode(message, buffer, limit);
        feed.write(|encoder, buffer| match self {
            Self::AsSet => encoder.append(buffer, encode),
            Self::Plain => encoder.uncompressed().append(buffer, encode),
        })
    }
}

impl<Req, Resp, Shape> fmt::Debug for Opened<Req, Resp, Shape> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("started", &self.started)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
