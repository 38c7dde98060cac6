//! The body of a request, from its owner to hyper.
//!
//! [`RequestBody`] is what a caller hands in, [`Reset`] how it says in which way it failed, and [`Piped`] what hyper
//! polls: the same body with the ways in which a call may end around it.

use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use h2::Reason;
use http_body::{Body, Frame, SizeHint};
use ziggurat_connect::{BoxError, error::find};

use super::{after_response::AfterResponse, call::Call, executor::Executor};
use crate::{Share, progress::Progress};

/// The body of a request: any body of `Bytes` that can say when its sender gives the call up.
///
/// A body that fails resets the stream: with the reason of a [`Reset`] in its error's chain of sources, otherwise with
/// CANCEL, and never with END_STREAM (B-24). Its size hint is not used: `content-length` is never sent.
///
/// It is sent once, unless it says how it can be [cloned](Self::try_clone).
///
/// It is polled on the task of its connection, so a slow `poll_frame` delays all calls there. If it panics, its own call
/// ends: the stream is reset with INTERNAL_ERROR, and the panic goes no further.
///
/// # Example
///
/// A body that is fed through a channel. A sender that is dropped before it ended the request has abandoned it.
///
/// ```
/// use std::{io, pin::Pin, sync::{Arc, Mutex}, task::{Context, Poll, Waker}};
///
/// use bytes::Bytes;
/// use http_body::{Body, Frame};
/// use tokio::sync::mpsc;
/// use ziggurat_transport::{RequestBody, Reset};
///
/// struct Sender {
///     chunks: mpsc::UnboundedSender<Option<Bytes>>,
///     give_up: Arc<Mutex<Waker>>,
///     ended: bool,
/// }
///
/// impl Sender {
///     fn send(&self, chunk: &'static str) {
///         self.chunks.send(Some(chunk.into())).ok();
///     }
///
///     fn end(mut self) {
///         self.ended = true;
///         self.chunks.send(None).ok();
///     }
/// }
///
/// impl Drop for Sender {
///     fn drop(&mut self) {
///         // Where the body is not polled, this alone resets the stream.
///         if !self.ended {
///             self.give_up.lock().unwrap().wake_by_ref();
///         }
///     }
/// }
///
/// struct Fed {
///     chunks: mpsc::UnboundedReceiver<Option<Bytes>>,
///     give_up: Arc<Mutex<Waker>>,
/// }
///
/// impl Body for Fed {
///     type Data = Bytes;
///     type Error = io::Error;
///
///     fn poll_frame(
///         mut self: Pin<&mut Self>,
///         cx: &mut Context<'_>,
///     ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
///         self.chunks.poll_recv(cx).map(|chunk| match chunk {
///             Some(Some(chunk)) => Some(Ok(Frame::data(chunk))),
///             Some(None) => None,
///             None => Some(Err(io::Error::other(Reset::cancel()))),
///         })
///     }
/// }
///
/// impl RequestBody for Fed {
///     fn on_give_up(&mut self, waker: &Waker) {
///         *self.give_up.lock().unwrap() = waker.clone();
///     }
/// }
/// ```
pub trait RequestBody: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static {
    /// Receives the waker that gives the call up, each time the request is handed to a connection.
    ///
    /// A body that is fed by somebody must keep it and wake it when that somebody abandons the request: while a chunk
    /// waits for flow control, the body is not polled and cannot fail (L-21). If that happened before, it wakes it here,
    /// or fails at its next poll. It must not wake it for a request that was ended, parts of which may still wait to be
    /// sent. Once the call is over, waking is harmless. The last waker received is the one that counts.
    ///
    /// Waking ends the whole call: the stream is reset, and the response, or what is left of its body, becomes an error
    /// of [`Kind::GivenUp`](crate::error::Kind::GivenUp). A body that is still polled is polled once more, and its
    /// error chooses the reason; whatever else it yields is not sent (B-23).
    ///
    /// The default does nothing, which is right for bodies that are complete from the start.
    fn on_give_up(&mut self, waker: &Waker) {
        let _ = waker;
    }

    /// What becomes of the rest of the request when the response is complete; it is sent by default.
    fn after_response(&self) -> AfterResponse {
        AfterResponse::Continue
    }

    /// A second body that sends the same from its start, if this one was not polled; `None` by default (T-21, C-28).
    ///
    /// A [`Channel`](crate::Channel) sends the clone and keeps this one until the response begins; then it drops it. If
    /// the server did not act on the request, it sends the next clone. What is kept for that is to be taken from the
    /// share, and is sent only once where that has not enough (C-25): what is whole [covers](Share::cover) its length
    /// and does not clone itself if that fails; what comes in chunks counts them in a share that it
    /// [splits off](Share::split), and says by [`can_replay`](Self::can_replay) that it had to let go.
    ///
    /// ```
    /// use std::{convert::Infallible, pin::Pin, task::{Context, Poll}};
    ///
    /// use bytes::Bytes;
    /// use http_body::{Body, Frame};
    /// use ziggurat_transport::{RequestBody, Share};
    ///
    /// struct Order(Option<Bytes>);
    ///
    /// impl RequestBody for Order {
    ///     fn try_clone(&self, share: &mut Share) -> Option<Self> {
    ///         let bytes = self.0.as_ref().map_or(0, Bytes::len);
    ///         share.cover(bytes).then(|| Self(self.0.clone()))
    ///     }
    ///
    ///     fn can_replay(&self) -> bool {
    ///         true // it is asked of the one that was kept, which is never polled
    ///     }
    /// }
    /// # impl Body for Order {
    /// #     type Data = Bytes;
    /// #     type Error = Infallible;
    /// #     fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>)
    /// #         -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
    /// #         Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    /// #     }
    /// # }
    /// ```
    fn try_clone(&self, share: &mut Share) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = share;
        None
    }

    /// Whether a clone would still send all of it, that is, nothing was let go; `false` by default.
    ///
    /// Asked of the body that was kept, once the request came to nothing.
    fn can_replay(&self) -> bool {
        false
    }

    /// Whether somebody above has sent the same request before, and it failed; `false` by default.
    ///
    /// Then one that a server refuses is not sent again by the channel, for that is done once (C-31): whoever sends again
    /// hears of it, and decides.
    fn was_sent_before(&self) -> bool {
        false
    }

    /// Who wants to know how the request comes along, until it is sent; nobody by default.
    ///
    /// Asked for only when a [`Channel`](crate::Channel) has something to tell.
    fn progress(&self) -> Option<&dyn Progress> {
        None
    }
}

/// With which reason a failed request body resets its stream.
///
/// ```
/// use std::io;
/// use ziggurat_transport::Reset;
///
/// // As a body's error, or as a source of it:
/// let error = io::Error::other(Reset::no_error());
/// assert_eq!(error.to_string(), "the request was given up: NO_ERROR");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reset(Reason);

impl Reset {
    /// CANCEL: the response is not wanted any more (B-20).
    pub const fn cancel() -> Self {
        Self(Reason::CANCEL)
    }

    /// NO_ERROR: the response is complete, the rest of the request is not needed (A-85).
    pub const fn no_error() -> Self {
        Self(Reason::NO_ERROR)
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request was given up: {:?}", self.0)
    }
}

impl fmt::Debug for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reset({:?})", self.0)
    }
}

impl Error for Reset {}

/// A request body on its way through hyper.
///
/// ```text
/// Unpolled ──first poll: announces its call──► Polled ──error, given up, or panic──► RST_STREAM
///                                                └─────end───────────────────────► END_STREAM
/// ```
#[derive(Debug)]
pub(super) struct Piped<B> {
    body: B,
    /// Whether the body said so right after its last frame.
    is_end_stream: bool,
    announced: Announced,
}

impl<B: RequestBody> Piped<B> {
    pub(super) fn new(mut body: B, call: Arc<Call>, executor: Executor) -> Self {
        body.on_give_up(&Waker::from(call.clone()));
        let polled = false;
        let announced = Announced {
            call,
            executor,
            polled,
        };
        Self {
            body,
            is_end_stream: false,
            announced,
        }
    }

    /// Takes the body back out of a request that was not sent.
    pub(super) fn into_body(self) -> B {
        self.body
    }

    /// Polls the body. A panic of it ends its call, and goes no further: all calls of a connection share one task (T-15).
    fn poll_body(&mut self, cx: &mut Context<'_>) -> Result<PolledFrame<B::Error>, Panicked> {
        let body = &mut self.body;
        // Unwind safe: the body is not used again.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let frame = Pin::new(&mut *body).poll_frame(cx);
            (frame, body.is_end_stream())
        }));
        let (frame, is_end_stream) = polled.map_err(|_| Panicked)?;
        self.is_end_stream = is_end_stream;
        Ok(frame)
    }
}

type PolledFrame<E> = Poll<Option<Result<Frame<Bytes>, E>>>;

/// The body's code has panicked; the panic hook has told.
struct Panicked;

impl<B: RequestBody> Body for Piped<B> {
    type Data = Bytes;
    /// hyper resets with the reason of an `h2::Error`, and with INTERNAL_ERROR for any other (L-4).
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        self.announced.announce();
        let Ok(frame) = self.poll_body(cx) else {
            self.announced.call.panic();
            return Poll::Ready(Some(Err(Reason::INTERNAL_ERROR.into())));
        };
        match frame {
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(reason(&*error.into()).into()))),
            // Nothing more is sent, above all no END_STREAM that looks like a whole request (B-23).
            _ if self.announced.call.is_given_up() => Poll::Ready(Some(Err(Reason::CANCEL.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            _ if self.announced.call.is_stopped() => {
                Poll::Ready(Some(Err(Reason::NO_ERROR.into()))) // A-85
            }
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(frame))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        // hyper asks before it makes HEADERS, for it may have to put END_STREAM on them: all of the request is younger.
        self.announced.begin();
        // Not before the first poll, or hyper does put it there (A-65, L-2). After it, END_STREAM goes with the
        // last DATA frame (A-66).
        self.is_end_stream && !self.announced.call.is_given_up()
    }

    fn size_hint(&self) -> SizeHint {
        // hyper makes a `content-length` of an exact hint (A-67, L-3).
        SizeHint::default()
    }
}

fn reason(error: &(dyn Error + 'static)) -> Reason {
    find::<Reset>(error).map_or(Reason::CANCEL, |reset| reset.0)
}

/// What a polled body left with the executor, taken back when the body is dropped.
#[derive(Debug)]
struct Announced {
    call: Arc<Call>,
    executor: Executor,
    polled: bool,
}

impl Announced {
    fn begin(&self) {
        if !self.polled {
            self.executor.begin(&self.call);
        }
    }

    fn announce(&mut self) {
        if !self.polled {
            self.polled = true;
            self.executor.announce(&self.call);
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        if self.polled {
            self.executor.withdraw(&self.call);
        }
    }
}
