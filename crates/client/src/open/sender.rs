use std::{fmt, future::poll_fn};

use tokio::time::timeout_at;
use ziggurat_layers::{context::Deadline, deadline::Elapsed};
use ziggurat_protocol::{Status, body::Feed};

use super::{Misuse, Over, opened::Packing};
use crate::call::source::Encode;

/// The sending half of an opened call; dropped before its end, it cancels the call.
///
/// [`Bidi::split`](super::Bidi::split) gives it. The end is [`end`](Self::end) or
/// [`send_last`](Self::send_last); the half that reads then goes on.
///
/// # Attempts
///
/// Where a floor below [sends calls again](crate::layers::retry), attempts move while the other half is read: nobody else
/// polls them. What is sent meanwhile is kept for the next one, and [`send`](Self::send) waits where it is too much.
///
/// # Cancel safety
///
/// Every future may be dropped: a `send` that was dropped has not accepted its message.
///
/// # Example
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::Client;
///
/// let (mut sender, mut answers) = Client::new(cafe()).open().bidi(&CHAT).split().await?;
/// sender.send("hello".to_owned()).await?;
/// drop(sender); // gives up: the call is cancelled
/// let status = answers.recv().await.unwrap_err();
/// assert_eq!(status.code(), ziggurat::Code::Cancelled);
/// # Ok(()) }) }
/// ```
pub struct Sender<Req> {
    feed: Feed,
    encode: Encode<Req>,
    ended: bool,
    /// Kept here too: the other half keeps the time only while it is read.
    deadline: Option<Deadline>,
}

impl<Req> Sender<Req> {
    pub(super) fn new(
        feed: Feed,
        encode: Encode<Req>,
        ended: bool,
        deadline: Option<Deadline>,
    ) -> Self {
        Self {
            feed,
            encode,
            ended,
            deadline,
        }
    }

    /// Sends a message: it is accepted when this is done. Dropped before, it was not accepted.
    ///
    /// It waits while 16 KiB wait for the transport (A-149), and no longer than the call's
    /// deadline.
    ///
    /// # Errors
    ///
    /// CANCELLED with source [`Over`] if the call is over: the other half tells how it ended.
    /// INTERNAL with source [`Misuse`] if the request was ended before the call was split.
    /// DEADLINE_EXCEEDED if the deadline passed, RESOURCE_EXHAUSTED for a message over the send
    /// limit (A-58), INTERNAL for one that does not encode (A-61): all three end the call.
    pub async fn send(&mut self, message: Req) -> Result<(), Status> {
        self.write(message, Packing::AsSet).await
    }

    /// [`send`](Self::send) for a message that must not be compressed (A-53).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_uncompressed(&mut self, message: Req) -> Result<(), Status> {
        self.write(message, Packing::Plain).await
    }

    async fn write(&mut self, message: Req, packing: Packing) -> Result<(), Status> {
        if self.ended {
            return Err(Misuse::SendAfterEnd.into());
        }
        if !self.room().await? {
            return Err(Over.into());
        }
        let written = packing.write(&mut self.feed, self.encode, &message);
        written.inspect_err(|status| self.feed.abandon(status.clone()))
    }

    /// Waits until there is room for a message, or the call is over.
    async fn room(&mut self) -> Result<bool, Status> {
        self.in_time()?;
        let room = poll_fn(|cx| self.feed.poll_ready(cx));
        let Some(deadline) = self.deadline else {
            return Ok(room.await);
        };
        let room = timeout_at(deadline.instant(), room).await;
        room.map_err(|_| self.late())
    }

    /// Ends the call if its deadline has passed, unless it is over: nothing more is sent then.
    fn in_time(&self) -> Result<(), Status> {
        let late = self.deadline.is_some_and(Deadline::has_passed);
        if late && !self.feed.is_over() {
            return Err(self.late());
        }
        Ok(())
    }

    fn late(&self) -> Status {
        let status = Status::from(Elapsed::Send);
        self.feed.abandon(status.clone()); // B-4
        status
    }

    /// Sends the last message with the end of the request.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// It has the half: dropping it while it waits cancels the call.
    pub async fn send_last(mut self, message: Req) -> Result<(), Status> {
        self.write(message, Packing::AsSet).await?;
        self.feed.end();
        Ok(())
    }

    /// Ends the request; reading goes on.
    ///
    /// # Errors
    ///
    /// INTERNAL with source [`Misuse`] if it was ended before the call was split. DEADLINE_EXCEEDED
    /// if the deadline passed: the server sees no complete request.
    pub fn end(mut self) -> Result<(), Status> {
        if self.ended {
            return Err(Misuse::EndTwice.into());
        }
        self.in_time()?;
        self.feed.end();
        Ok(())
    }
}

impl<Req> fmt::Debug for Sender<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
