//! A request that is kept until it is known whether it has to be sent again.
//!
//! Between the channel and its connection the body is a [`Resend`]: it passes frames on and keeps references to them. If the
//! request comes back, the next attempt begins with what was kept and goes on with what the source still has. An older
//! attempt that is polled once more gets nothing: there is one reader at a time.

mod budget;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use h2::Reason;
use http::{Extensions, Request};
use http_body::{Body, Frame, SizeHint};

pub(super) use budget::Budget;

use super::head::Head;
use crate::{AfterResponse, BoxError, RequestBody, progress::Progress};
use budget::Share;

/// Keeps up to this many bytes of a request to send it again: an extension of the request (C-25).
///
/// Without it, the channel's [limit](super::Builder::resend_limit) holds. Zero keeps nothing.
///
/// ```
/// use ziggurat_transport::channel::ResendLimit;
///
/// let mut request = http::Request::new("a long stream of beans");
/// request.extensions_mut().insert(ResendLimit(1024 * 1024));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResendLimit(
    /// In bytes.
    pub usize,
);

/// A request that can be sent again, as long as no response came (T-21, L-23).
///
/// The head is kept, and the chunks that were handed over: references, not copies. Once they exceed their limit, or
/// that of all calls together, they are let go, and the request cannot be sent again (C-25, C-26).
pub(super) struct Kept<B> {
    head: Head,
    body: Arc<Mutex<Source<B>>>,
}

impl<B: RequestBody> Kept<B> {
    pub(super) fn new(
        request: Request<B>,
        ResendLimit(limit): ResendLimit,
        budget: &Budget,
    ) -> Self {
        let (head, body) = request.into_parts();
        let source = Source::new(body, limit, budget.share());
        let body = Arc::new(Mutex::new(source));
        let head = Head::new(head);
        Self { head, body }
    }

    /// The request, from its start.
    pub(super) fn attempt(&mut self) -> Request<Resend<B>> {
        let attempt = self.lock().begin();
        let body = Resend {
            source: self.body.clone(),
            attempt,
            sent: 0,
        };
        Request::from_parts(self.head.attempt(), body)
    }

    /// An attempt came back, and brought these.
    pub(super) fn put_back(&mut self, extensions: Extensions) {
        self.head.put_back(extensions);
    }

    /// Whether all of it that was handed over is still here.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.lock().chunks, Chunks::Kept { .. })
    }

    /// Tells who wants to know how it comes along.
    pub(super) fn tell(&self, what: impl FnOnce(&dyn Progress)) {
        if let Some(progress) = self.lock().body.progress() {
            what(progress);
        }
    }

    /// Lets go of the chunks: a response came (C-27).
    pub(super) fn release(&self) {
        self.lock().let_go();
    }

    fn lock(&self) -> MutexGuard<'_, Source<B>> {
        lock(&self.body)
    }
}

impl<B> fmt::Debug for Kept<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

/// The body of a request as a connection of a [`Channel`](super::Channel) gets it: it may be sent again.
///
/// Of one body, only the last of these yields anything. What the connections before had received of it comes first,
/// and then it goes on where they stopped.
///
/// ```
/// use http::Request;
/// use ziggurat_transport::{Connection, RequestBody, channel::Resend};
/// use tower_layer::Layer;
///
/// /// What a layer of a channel of requests with a body `B` is put around.
/// fn layered<L, B>(layer: &L, connection: Connection<Resend<B>>) -> L::Service
/// where
///     L: Layer<Connection<Resend<B>>>,
///     B: RequestBody,
/// {
///     layer.layer(connection)
/// }
/// ```
pub struct Resend<B> {
    source: Arc<Mutex<Source<B>>>,
    /// Which of the attempts it belongs to.
    attempt: u32,
    /// How many of the kept chunks it has yielded.
    sent: usize,
}

impl<B: RequestBody> RequestBody for Resend<B> {
    fn on_give_up(&mut self, waker: &Waker) {
        lock(&self.source).body.on_give_up(waker);
    }

    fn after_response(&self) -> AfterResponse {
        lock(&self.source).body.after_response()
    }
}

impl<B: RequestBody> Body for Resend<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self {
            source,
            attempt,
            sent,
        } = self.get_mut();
        let mut source = lock(source);
        if *attempt != source.attempt {
            // Sent again meanwhile: what is left belongs to the new attempt.
            return Poll::Ready(Some(Err(h2::Error::from(Reason::CANCEL).into())));
        }
        if let Some(chunk) = source.kept(*sent) {
            *sent += 1;
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let frame = ready!(source.poll_frame(cx));
        // Behind all that is kept, be it let go later.
        *sent += 1;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let source = lock(&self.source);
        source.kept(self.sent).is_none() && source.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // What was sent is of no interest to anybody.
        SizeHint::default()
    }
}

impl<B> fmt::Debug for Resend<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resend").finish_non_exhaustive()
    }
}

/// The body, and what was taken out of it.
struct Source<B> {
    body: B,
    has_ended: bool,
    chunks: Chunks,
    attempt: u32,
}

enum Chunks {
    Kept {
        first: Option<Bytes>,
        rest: Vec<Bytes>,
        /// The most that may be kept, in bytes.
        limit: usize,
        /// What is kept.
        share: Share,
    },
    LetGo,
}

impl<B: RequestBody> Source<B> {
    fn new(body: B, limit: usize, share: Share) -> Self {
        let chunks = Chunks::Kept {
            first: None,
            rest: Vec::new(),
            limit,
            share,
        };
        Self {
            body,
            has_ended: false,
            chunks,
            attempt: 0,
        }
    }

    fn begin(&mut self) -> u32 {
        self.attempt += 1;
        self.attempt
    }

    fn kept(&self, index: usize) -> Option<Bytes> {
        match &self.chunks {
            Chunks::Kept { first, rest, .. } => match index.checked_sub(1) {
                None => first.clone(),
                Some(index) => rest.get(index).cloned(),
            },
            Chunks::LetGo => None,
        }
    }

    fn let_go(&mut self) {
        self.chunks = Chunks::LetGo;
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended || self.body.is_end_stream()
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.keep(frame.data_ref()),
            Some(Err(_)) => self.let_go(),
            None => self.has_ended = true,
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    /// Trailers are not kept.
    fn keep(&mut self, data: Option<&Bytes>) {
        let Chunks::Kept {
            first,
            rest,
            limit,
            share,
        } = &mut self.chunks
        else {
            return;
        };
        let Some(data) = data.filter(|data| share.take(data.len(), *limit)) else {
            return self.let_go();
        };
        match first {
            None => *first = Some(data.clone()),
            Some(_) => rest.push(data.clone()),
        }
    }
}

fn lock<B>(source: &Mutex<Source<B>>) -> MutexGuard<'_, Source<B>> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}
