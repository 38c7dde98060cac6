//! What a call's typed shells see of its engine.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{Metadata, Status, frame::Batch};

use crate::response::{Beside, Opening};

/// An answer in the making. Failures are sticky: once a call has failed, each poll gives the same
/// status.
pub(crate) trait Answering {
    /// Waits until the transport reads the request, or the answer begins.
    fn poll_started(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>>;

    /// Waits for the answer's headers.
    fn poll_head(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>>;

    /// Waits for the next message; `None` is a clean end with OK.
    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Status>>>;

    /// Waits for the next messages, for who wants all of them: those that came together.
    ///
    /// So all the floors below are asked once for them. While the request is written by who polls, it is one message, for
    /// each poll is to move the request on too.
    fn poll_batch(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Batch, Status>>>;

    /// Waits for the deadline, or a failure, without reading messages.
    ///
    /// For who waits for something else of the same call: an answer that is not read keeps no time.
    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Status>;

    /// The deadline, once the call has begun.
    fn deadline(&self) -> Option<Deadline>;

    /// Ends the call here, which cancels it, and gives the status its caller sees.
    fn fail(self: Pin<&mut Self>, status: Status) -> Status;

    /// Ends the call here; what had arrived of its answer can be read before CANCELLED.
    fn cancel(self: Pin<&mut Self>);

    /// What cancels it from elsewhere, if it can be already.
    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        None
    }

    /// What came before the messages; nothing until the headers are there.
    fn opening(&self) -> &Opening;

    /// The metadata that came with the status; `None` before.
    ///
    /// Of a call that failed it is that of its status.
    fn trailing(&self) -> Option<&Metadata>;

    /// Both by value, when the answer has ended.
    fn take_beside(self: Pin<&mut Self>) -> Beside;
}

/// Cancels an answer that somebody else reads.
pub(crate) trait Cancel: Send + Sync {
    fn cancel(&self);
}

/// An answer whose service is not named any more.
pub(crate) type BoxAnswer = Pin<Box<dyn Answering + Send>>;

impl Answering for BoxAnswer {
    fn poll_started(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.get_mut().as_mut().poll_started(cx)
    }

    fn poll_head(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.get_mut().as_mut().poll_head(cx)
    }

    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Status>>> {
        self.get_mut().as_mut().poll_message(cx)
    }

    fn poll_batch(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Batch, Status>>> {
        self.get_mut().as_mut().poll_batch(cx)
    }

    fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Status> {
        self.get_mut().as_mut().poll_elapsed(cx)
    }

    fn deadline(&self) -> Option<Deadline> {
        self.as_ref().get_ref().deadline()
    }

    fn fail(self: Pin<&mut Self>, status: Status) -> Status {
        self.get_mut().as_mut().fail(status)
    }

    fn cancel(self: Pin<&mut Self>) {
        self.get_mut().as_mut().cancel();
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        self.as_ref().get_ref().canceller()
    }

    fn opening(&self) -> &Opening {
        self.as_ref().get_ref().opening()
    }

    fn trailing(&self) -> Option<&Metadata> {
        self.as_ref().get_ref().trailing()
    }

    fn take_beside(self: Pin<&mut Self>) -> Beside {
        self.get_mut().as_mut().take_beside()
    }
}
