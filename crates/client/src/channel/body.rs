//! The bodies on both sides of the seam to the transport.

use std::{
    any::Any,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use ziggurat_layers::{
    context::{CallContext, Deadline},
    deadline, status,
};
use ziggurat_protocol::{
    Body, BoxError, Peer,
    body::{Abandoned, Account},
    status::progress::{Again, Attempt, Stage, Waiting},
};
use ziggurat_transport::{
    self as transport, AfterResponse, Reset, Share,
    progress::{self, Progress, Wait},
};

/// A request's body as the transport takes it: its errors say how the stream is reset.
///
/// Whoever made the body, it has no trailers. That END_STREAM never stands on HEADERS, be it at its end from the
/// start, is the transport's matter.
#[derive(Debug)]
pub(super) struct RequestBody {
    body: Body,
    context: Option<Told>,
}

impl RequestBody {
    /// The context has the deadline, and is told what the request waits for.
    pub(super) fn new(body: Body, context: Option<CallContext>) -> Self {
        Self {
            body,
            context: context.map(Told),
        }
    }

    /// When the call ends, if it is known.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.context.as_ref()?.0.deadline()
    }
}

impl transport::RequestBody for RequestBody {
    fn on_give_up(&mut self, waker: &Waker) {
        self.body.on_abandon(waker);
    }

    fn after_response(&self) -> AfterResponse {
        AfterResponse::Stop // A-85, whoever made the body
    }

    fn try_clone(&self, share: &mut Share) -> Option<Self> {
        if !share.cover(self.body.whole().unwrap_or_default()) {
            return None;
        }
        let body = self.body.try_clone()?;
        body.count_in(|| Box::new(Kept(share.split())));
        let context = self.context.as_ref().map(|Told(context)| context.clone());
        Some(Self::new(body, context))
    }

    fn can_replay(&self) -> bool {
        self.body.can_replay()
    }

    fn was_sent_before(&self) -> bool {
        let previous =
            (self.context.as_ref()).and_then(|Told(context)| context.previous_attempts());
        previous.is_some_and(|attempts| attempts > 0)
    }

    fn progress(&self) -> Option<&dyn Progress> {
        let told = self.context.as_ref()?;
        Some(told)
    }
}

/// What a stream keeps, in the share that its request has of what the channel may keep.
struct Kept(Share);

impl Account for Kept {
    fn take(&mut self, bytes: usize) -> bool {
        self.0.take(bytes)
    }

    fn give_back(&mut self, bytes: usize) {
        self.0.give_back(bytes);
    }
}

/// Says in gRPC's words what the transport says in HTTP's.
#[derive(Debug)]
pub(super) struct Told(pub(super) CallContext);

impl Progress for Told {
    fn waits(&self, wait: Wait) {
        let ask = move || match wait.now() {
            Some(waiting) => told(waiting),
            None => Waiting::new(Stage::Connection, "a connection of a channel that is gone"),
        };
        if let Some(slot) = self.0.progress() {
            slot.wait(ask);
        }
    }

    fn goes_on(&self) {
        if let Some(slot) = self.0.told() {
            slot.go_on();
        }
    }

    fn is_sent_again(&self, error: &transport::Error) {
        let Some(slot) = self.0.progress() else {
            return;
        };
        let code = status::from_error(error.clone().into()).code();
        let attempt = Attempt::new(code, Again::Transparent);
        slot.repeat(attempt.with_error(Arc::new(error.clone())));
    }
}

fn told(waiting: progress::Waiting) -> Waiting {
    let stage = match waiting.stage {
        progress::Stage::Name => Stage::Name,
        progress::Stage::Stream => Stage::Stream,
        _ => Stage::Connection,
    };
    let told = Waiting::new(stage, waiting.what);
    match waiting.last_error {
        Some(error) => told.with_last_error(Arc::new(error)),
        None => told,
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let frame = frame.filter(|frame| frame.as_ref().map_or(true, Frame::is_data));
        Poll::Ready(frame.map(|frame| frame.map_err(reset)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// NO_ERROR where the answer is complete; the transport takes whatever else as CANCEL
/// (B-24).
fn reset(error: BoxError) -> BoxError {
    match error.downcast_ref() {
        Some(Abandoned::Over) => Reset::no_error().into(),
        _ => error,
    }
}

/// The body of an answer before anybody keeps its deadline.
pub(super) type GroundBody = status::ResponseBody<transport::channel::ResponseBody>;

pin_project! {
    /// The body of a [`Channel`](super::Channel)'s answer: it ends in trailers with a status.
    ///
    /// That holds whatever happens: a lost connection, a reset or missing trailers become trailers
    /// that say so. Polled once more after its end, it yields the cause of a failure that was found
    /// on this side. Dropping it before its end resets the stream with CANCEL (B-20).
    ///
    /// `Default` is a body at its end.
    #[derive(Default)]
    pub struct ResponseBody {
        #[pin]
        body: Answer,
    }
}

pin_project! {
    #[project = AnswerProj]
    enum Answer {
        // With who gave it, for a stub right above the channel.
        Plain { #[pin] body: GroundBody, peer: Option<Peer> },
        // Until the deadline that nobody else keeps.
        Kept { #[pin] body: deadline::ResponseBody<GroundBody> },
        // Past the floors of a config, whose types are several.
        Configured { #[pin] body: Body },
    }
}

impl ResponseBody {
    pub(super) fn plain(body: GroundBody, peer: Option<Peer>) -> Self {
        let body = Answer::Plain { body, peer };
        Self { body }
    }

    pub(super) fn kept(body: deadline::ResponseBody<GroundBody>) -> Self {
        let body = Answer::Kept { body };
        Self { body }
    }

    pub(super) fn configured(body: Body) -> Self {
        let body = Answer::Configured { body };
        Self { body }
    }

    /// Who gave an answer, if its body is a channel's: a stub knows it by any type.
    pub(crate) fn peer_of<B: 'static>(body: &B) -> Option<&Peer> {
        let body: &dyn Any = body;
        match &body.downcast_ref::<Self>()?.body {
            Answer::Plain { peer, .. } => peer.as_ref(),
            Answer::Kept { .. } | Answer::Configured { .. } => None, // it is an extension there
        }
    }
}

impl Default for Answer {
    fn default() -> Self {
        let body = GroundBody::default();
        Self::Plain { body, peer: None }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().body.project() {
            AnswerProj::Plain { body, .. } => body.poll_frame(cx),
            AnswerProj::Kept { body } => body.poll_frame(cx),
            AnswerProj::Configured { body } => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Answer::Plain { body, .. } => body.is_end_stream(),
            Answer::Kept { body } => body.is_end_stream(),
            Answer::Configured { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Answer::Plain { body, .. } => body.size_hint(),
            Answer::Kept { body } => body.size_hint(),
            Answer::Configured { body } => body.size_hint(),
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
