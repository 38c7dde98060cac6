//! Request bodies: one message, or whatever a test feeds.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::Frame;
use tokio::sync::mpsc;
use ziggurat_transport::{AfterResponse, BoxError, RequestBody, Share};

/// What a client's initial window lets through.
pub(crate) const WINDOW: usize = 65_535;

#[derive(Debug)]
pub(crate) enum Body {
    /// One message, which says that it is the last.
    One(Option<Bytes>),
    /// A body with a bug, which shows at its first frame.
    Panicking(Box<Self>),
    /// What is fed, from its start, and the signal to give it up.
    Fed(Cursor, Signal),
    /// A body that is of no use after the response.
    Stopping(Box<Self>),
}

/// The waker that the transport left with the body.
type Signal = Arc<Mutex<Option<Waker>>>;

/// The other end of a fed body.
#[derive(Debug)]
pub(crate) struct Feeder(
    mpsc::UnboundedSender<Option<Result<Bytes, BoxError>>>,
    Signal,
);

impl Body {
    pub(crate) fn one(message: &'static str) -> Self {
        Self::One(Some(Bytes::from_static(message.as_bytes())))
    }

    pub(crate) fn empty() -> Self {
        Self::One(None)
    }

    pub(crate) fn fed() -> (Feeder, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let signal = Signal::default();
        let body = Self::Fed(Cursor::new(receiver), signal.clone());
        (Feeder(sender, signal), body)
    }

    /// A body that hyper does not poll any more: what is beyond the window waits for flow control (L-21).
    pub(crate) fn blocked() -> (Feeder, Self) {
        let (feeder, body) = Self::fed();
        feeder.feed(vec![0; WINDOW]);
        feeder.feed(vec![1; 10]);
        (feeder, body)
    }

    pub(crate) fn panicking(self) -> Self {
        Self::Panicking(Box::new(self))
    }

    pub(crate) fn stopping(self) -> Self {
        Self::Stopping(Box::new(self))
    }
}

impl Feeder {
    pub(crate) fn feed(&self, data: impl Into<Bytes>) {
        self.0.send(Some(Ok(data.into()))).unwrap();
    }

    pub(crate) fn end(&self) {
        self.0.send(None).unwrap();
    }

    /// Feeds a body that may be gone.
    pub(crate) fn offer(&self, data: &'static str) {
        drop(self.0.send(Some(Ok(data.into()))));
    }

    /// Ends a body that may be gone.
    pub(crate) fn offer_end(&self) {
        drop(self.0.send(None));
    }

    pub(crate) fn fail(&self, error: impl Into<BoxError>) {
        self.0.send(Some(Err(error.into()))).unwrap();
    }

    pub(crate) fn give_up(&self) {
        self.1.lock().unwrap().as_ref().unwrap().wake_by_ref();
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match &mut *self {
            Self::One(message) => message.take().map(|data| Ok(Frame::data(data))),
            Self::Panicking(body) => {
                let frame = ready!(Pin::new(&mut **body).poll_frame(cx));
                panic!("a bug in a request body, at {frame:?}")
            }
            Self::Stopping(body) => return Pin::new(&mut **body).poll_frame(cx),
            Self::Fed(cursor, _) => return cursor.poll_frame(cx),
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::One(None))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match self {
            Self::One(message) => {
                http_body::SizeHint::with_exact(message.as_ref().map_or(0, Bytes::len) as u64)
            }
            Self::Panicking(_) | Self::Fed(..) | Self::Stopping(_) => {
                http_body::SizeHint::default()
            }
        }
    }
}

impl RequestBody for Body {
    fn on_give_up(&mut self, waker: &Waker) {
        match self {
            Self::Fed(_, signal) => *signal.lock().unwrap() = Some(waker.clone()),
            Self::Stopping(body) | Self::Panicking(body) => body.on_give_up(waker),
            Self::One(_) => {}
        }
    }

    fn try_clone(&self, share: &mut Share) -> Option<Self> {
        match self {
            Self::One(message) => {
                let bytes = message.as_ref().map_or(0, Bytes::len);
                share.cover(bytes).then(|| Self::One(message.clone()))
            }
            Self::Fed(cursor, signal) => Some(Self::Fed(cursor.again(share), signal.clone())),
            Self::Panicking(_) | Self::Stopping(_) => None,
        }
    }

    fn can_replay(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Fed(cursor, _) => cursor.can_replay(),
            Self::Panicking(_) | Self::Stopping(_) => false,
        }
    }

    fn after_response(&self) -> AfterResponse {
        match self {
            Self::Stopping(_) => AfterResponse::Stop,
            _ => AfterResponse::Continue,
        }
    }
}

/// Who gives what is fed, from its start. What it gives is kept as long as the first one is there, if it was cloned.
#[derive(Debug)]
pub(crate) struct Cursor {
    fed: Arc<Mutex<Fed>>,
    position: usize,
    /// Not a clone: who drops it wants no more of them.
    is_first: bool,
}

#[derive(Debug)]
struct Fed {
    frames: mpsc::UnboundedReceiver<Option<Result<Bytes, BoxError>>>,
    /// All of it, while it is known and there are several who want it.
    kept: Option<(Vec<Bytes>, Share)>,
    is_kept: bool,
}

impl Cursor {
    fn new(frames: mpsc::UnboundedReceiver<Option<Result<Bytes, BoxError>>>) -> Self {
        let fed = Fed {
            frames,
            kept: None,
            is_kept: true,
        };
        Self {
            fed: Arc::new(Mutex::new(fed)),
            position: 0,
            is_first: true,
        }
    }

    fn again(&self, share: &Share) -> Self {
        let kept = &mut self.fed.lock().unwrap().kept;
        kept.get_or_insert_with(|| (Vec::new(), share.split()));
        let fed = self.fed.clone();
        Self {
            fed,
            position: 0,
            is_first: false,
        }
    }

    fn can_replay(&self) -> bool {
        self.fed.lock().unwrap().is_kept
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut fed = self.fed.lock().unwrap();
        let Fed {
            frames,
            kept,
            is_kept,
        } = &mut *fed;
        if let Some(chunk) = kept
            .as_ref()
            .and_then(|(chunks, _)| chunks.get(self.position))
        {
            self.position += 1;
            return Poll::Ready(Some(Ok(Frame::data(chunk.clone()))));
        }
        Poll::Ready(match ready!(frames.poll_recv(cx)) {
            Some(Some(Ok(chunk))) => {
                if let Some((chunks, share)) = kept {
                    *is_kept = share.take(chunk.len());
                    chunks.push(chunk.clone());
                }
                if !*is_kept {
                    *kept = None;
                }
                self.position += 1;
                Some(Ok(Frame::data(chunk)))
            }
            Some(Some(Err(error))) => {
                *is_kept = false;
                Some(Err(error))
            }
            Some(None) => None,
            // A feeder that was only dropped leaves the request open.
            None => return Poll::Pending,
        })
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        if self.is_first {
            self.fed.lock().unwrap().kept = None;
        }
    }
}
