//! The body of a request, and of an answer whose own body need not be named.
//!
//! A [`Body`] is one message, or none, or fed by hand through a [`Feed`], or any other HTTP body.
//! Whichever it is: it is never exact in size, so that no content-length is sent (A-67).
//!
//! | made by | gives | can be sent again |
//! |---|---|---|
//! | [`Body::empty`] | nothing but the end | yes |
//! | `Default` | nothing: it is at its end | yes |
//! | [`Body::single`], [`Body::watched`] | bytes that are there | until it is polled |
//! | [`Body::feed`] | what is written into the feed | until it is polled, as far as it is kept |
//! | [`Body::new`] | what another body gives, trailers too | the same, without the trailers |
//!
//! What a stub sends is never at its end before it was polled, so that END_STREAM never stands on
//! HEADERS (A-65), and has no trailers (A-1). Of other bodies a channel makes that so.
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use ziggurat::Body;
//!
//! let body = Body::single(Bytes::from_static(b"\0\0\0\0\x01x"));
//! let again = body.try_clone().expect("one message can be sent again");
//! # drop(again);
//! ```
//!
//! # Sent again
//!
//! A stream that is [cloned](Body::try_clone) becomes one that is replayed: what it gave is kept, as references, as long
//! as one of the clones has not given it. Dropping a clone lets go; the last one goes on with the stream alone, and
//! nothing is kept any more (C-27). What is kept has a limit, 256 KiB or that of an [`Account`] (C-25). Beyond it the
//! clone that is ahead goes on, and the others end in [`Overflowed`] (C-26, C-56).
//!
//! ```text
//! unpolled ──clone──▶ replayed ──all others dropped──▶ alone
//!                         ├─────over the limit, ahead───▶ alone
//!                         └─────over the limit, behind──▶ Overflowed
//! ```
//!
//! A stream is polled by whichever clone wants more, with no lock that the others would wait for. A panic of it goes on
//! in that clone; the others give what is kept, and end in an error.

mod checked;
mod feed;
mod replay;
mod source;
mod stream;

pub use checked::Overrun;
pub use feed::{Abandoned, Feed, Watch};
pub use replay::{Account, Overflowed};

use std::{
    any::Any,
    fmt, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::{
    BoxError, MethodDescriptor, Status,
    frame::{PREFIX, over_send_limit},
};
use checked::Checked;
use source::Source;
use stream::Stream;

/// What a request sends, or an answer holds: no, one or many messages, already framed.
///
/// A layer whose answers come from several places erases their bodies with [`Body::new`]: their
/// trailers, and an end that stands on the headers, stay (A-75).
///
/// An error of the body ends the call; [`Abandoned`] in its chain says how the stream is reset.
/// `Default` is a body at its end, as that of an answer that is headers alone (A-75).
#[derive(Default)]
pub struct Body {
    kind: Kind,
    /// Of whose request it is the body; it costs nothing here, and three allocations as an extension.
    method: Option<&'static MethodDescriptor>,
    /// What a floor lets it carry; the same holds for what it costs.
    carried: Option<Arc<Carried>>,
}

/// A value of a type that only its owners know.
type Carried = dyn Any + Send + Sync;

#[derive(Default)]
enum Kind {
    Empty,
    Single(Bytes, Option<Watch>),
    /// The mutex makes it `Sync`, and lets it be replayed when it is cloned; it is polled through `get_mut`.
    Streamed(Mutex<Stream>),
    #[default]
    Ended,
}

impl Body {
    /// Sends nothing but the end of the request.
    pub fn empty() -> Self {
        Kind::Empty.into()
    }

    /// Sends these bytes; the end of the request rides on their last frame (A-66).
    ///
    /// They are framed already: [`frame`](crate::frame) does that.
    pub fn single(message: Bytes) -> Self {
        Kind::Single(message, None).into()
    }

    /// [`single`](Self::single), and a watch that sees when the transport begins to read it.
    pub fn watched(message: Bytes) -> (Watch, Self) {
        let watch = Watch::new();
        (watch.clone(), Kind::Single(message, Some(watch)).into())
    }

    /// Sends what is written into the feed.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use ziggurat::{Body, Raw};
    ///
    /// let (mut feed, body) = Body::feed();
    /// let message = Bytes::from_static(b"latte");
    /// feed.write(|encoder, buffer| encoder.encode::<Raw, Bytes, Bytes>(&message, buffer))?;
    /// feed.end(); // dropped without it, the feed cancels the call
    /// # drop(body);
    /// # Ok::<_, ziggurat::Status>(())
    /// ```
    pub fn feed() -> (Feed, Self) {
        let (feed, body) = feed::pair();
        (feed, Source::Fed(body).into())
    }

    /// Gives what another body gives, trailers too; a [`Body`] is taken as it is.
    ///
    /// It is boxed once, for the whole call. In a request the trailers go no further than to a
    /// channel, which sends none (A-1). In an answer they are how the call ended:
    ///
    /// ```
    /// use http_body::Body as _;
    /// use ziggurat::{Body, BoxError};
    ///
    /// /// Has one type for whatever a layer answers.
    /// fn erase<B>(answer: http::Response<B>) -> http::Response<Body>
    /// where
    ///     B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
    /// {
    ///     answer.map(Body::new)
    /// }
    /// let status_alone = http::Response::new(http_body_util::Empty::new());
    /// assert!(erase(status_alone).body().is_end_stream());
    /// ```
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut body = Some(body);
        if let Some(own) = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>() {
            return own.take().unwrap_or_default();
        }
        let Some(body) = body else {
            return Self::default();
        };
        Source::boxed(body).into()
    }

    /// A second body that sends the same, if this one was not polled and [all of it](Self::can_replay) is still there.
    ///
    /// Retries replay requests with it, or with [`try_clone_request`], which clones the request's head too. Of one
    /// message it costs one reference count: what is sent is shared. A stream is kept from then on as it is sent, for
    /// as long as there are several of it: see the [module](self#sent-again). Its trailers are not, for a request has
    /// none (A-1).
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http_body_util::Full;
    /// use ziggurat::Body;
    /// # use std::{pin::Pin, task::{Context, Poll, Waker}};
    /// # fn first_of(body: &mut Body) -> Bytes {
    /// #     let mut cx = Context::from_waker(Waker::noop());
    /// #     match http_body::Body::poll_frame(Pin::new(body), &mut cx) {
    /// #         Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap(),
    /// #         other => panic!("{other:?}"),
    /// #     }
    /// # }
    ///
    /// let mut body = Body::new(Full::new(Bytes::from("beans")));
    /// let mut again = body.try_clone().expect("it was not polled");
    /// assert_eq!(first_of(&mut body), "beans");
    /// assert!(again.can_replay() && !body.can_replay());
    /// assert_eq!(first_of(&mut again), "beans");
    /// ```
    pub fn try_clone(&self) -> Option<Self> {
        let kind = match &self.kind {
            Kind::Empty => Kind::Empty,
            Kind::Single(message, watch) => Kind::Single(message.clone(), watch.clone()),
            Kind::Ended => Kind::Ended,
            Kind::Streamed(stream) => Kind::Streamed(Mutex::new(lock(stream).try_clone()?)),
        };
        let carried = self.carried.clone();
        Some(Self {
            kind,
            method: self.method,
            carried,
        })
    }

    /// Whether a [clone](Self::try_clone) would send all of it: it was not polled, and nothing was let go.
    ///
    /// Ask it before a request is repeated, of the clone that was put by: where a stream outgrew what may be kept, the
    /// repeated request would be half of one, and hide how the first really ended.
    pub fn can_replay(&self) -> bool {
        match &self.kind {
            Kind::Empty | Kind::Single(..) | Kind::Ended => true,
            Kind::Streamed(stream) => lock(stream).can_replay(),
        }
    }

    /// Waits until more came of a stream than may be kept, and tells how many chunks each clone of this body has given
    /// then, in the order in which they were made; what was given by clones of a clone counts as its own (C-56).
    ///
    /// The one that is ahead goes on; the others end in [`Overflowed`]. Of what is no stream, or was never cloned,
    /// nothing overflows: it stays pending.
    pub fn poll_overflow(&self, cx: &mut Context<'_>) -> Poll<Vec<usize>> {
        match &self.kind {
            Kind::Streamed(stream) => lock(stream).poll_overflow(cx),
            Kind::Empty | Kind::Single(..) | Kind::Ended => Poll::Pending,
        }
    }

    /// Gives up clones of this body that a floor has sent and has no use for any more. Of its youngest clones, so many, it
    /// asks which are meant, numbered from the oldest of them: clones that were made further out are not among them.
    ///
    /// A transport may still read them when the floor has dropped their calls. From now on they fail, and take nothing of
    /// the stream from the clones that go on: neither its room nor, beyond the limit, its rest (C-56). What is not streamed
    /// has nothing to take.
    ///
    /// ```
    /// use http_body::Body as _;
    /// use std::{pin::Pin, task::{Context, Poll, Waker}};
    /// use ziggurat::Body;
    ///
    /// let original = Body::new(http_body_util::Full::new(bytes::Bytes::from("beans")));
    /// let mut lost = original.try_clone().expect("it was not polled");
    /// let mut won = original.try_clone().expect("it was not polled");
    /// original.give_up_clones(2, |attempt| attempt == 0);
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(matches!(Pin::new(&mut lost).poll_frame(&mut cx), Poll::Ready(Some(Err(_)))));
    /// assert!(matches!(Pin::new(&mut won).poll_frame(&mut cx), Poll::Ready(Some(Ok(_)))));
    /// ```
    pub fn give_up_clones(&self, count: usize, is_meant: impl Fn(usize) -> bool) {
        if let Kind::Streamed(stream) = &self.kind {
            lock(stream).give_up_clones(count, is_meant);
        }
    }

    /// Counts what is kept of a replayed stream in an account, which brings its limit; the first one stands.
    ///
    /// It does nothing where nothing is kept: in a body without a clone, or [whole](Self::whole).
    pub fn count_in(&self, account: impl FnOnce() -> Box<dyn Account>) {
        if let Kind::Streamed(stream) = &self.kind {
            lock(stream).count_in(account);
        }
    }

    /// How many bytes there are, if all of them are here; `None` for streams.
    ///
    /// This is what a clone of it keeps; what a stream keeps is [counted](Self::count_in) as it comes.
    pub fn whole(&self) -> Option<usize> {
        match &self.kind {
            Kind::Empty | Kind::Ended => Some(0),
            Kind::Single(message, _) => Some(message.len()),
            Kind::Streamed(_) => None,
        }
    }

    /// Says of which method the request is, for layers: [`MethodDescriptor::of`]. Stubs say it of theirs.
    pub fn with_method(mut self, method: &'static MethodDescriptor) -> Self {
        self.method = Some(method);
        self
    }

    /// Carries a value down to floors further in, in the place of one that it carried; clones carry it too.
    ///
    /// For who owns both ends, such as a deadline floor: an extension of the request would cost three allocations more.
    /// A layer that puts another body around this one hides it.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ziggurat::Body;
    ///
    /// let mut body = Body::empty();
    /// body.carry(Arc::new(7_u32));
    /// let clone = body.try_clone().expect("it was not polled");
    /// assert_eq!(clone.carried().and_then(|value| value.downcast_ref::<u32>()), Some(&7));
    /// ```
    pub fn carry(&mut self, value: Arc<dyn Any + Send + Sync>) {
        self.carried = Some(value);
    }

    /// What it [carries](Self::carry).
    pub fn carried(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.carried.as_ref()
    }

    /// Refuses a message that is larger than so many bytes, as they are sent (F-14): of one message it is known at once, of a
    /// stream when its prefix comes, and then the stream fails in front of it.
    ///
    /// What clones that were made before keep is not [counted](Self::count_in) through it: a stream that a floor further out
    /// sends again is kept up to 256 KiB there.
    ///
    /// For floors that have a limit which the stub does not know, such as that of a service config. A transport may not
    /// tell why a request failed, so what goes with a stream does: [`Overrun`] has the status that its call ends with.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED, for one message; a stream fails with the same.
    ///
    /// ```
    /// use ziggurat::{Body, Code};
    ///
    /// let latte = || Body::single("\0\0\0\0\x05latte".into());
    /// assert!(latte().with_message_limit(5).is_ok());
    /// let status = latte().with_message_limit(4).unwrap_err();
    /// assert_eq!(status.code(), Code::ResourceExhausted);
    /// ```
    pub fn with_message_limit(self, limit: usize) -> Result<(Self, Option<Overrun>), Status> {
        let mut overrun = None;
        let kind = match self.kind {
            Kind::Single(message, watch) => {
                let length = message.len().saturating_sub(PREFIX);
                if length > limit {
                    return Err(over_send_limit(length, limit));
                }
                Kind::Single(message, watch)
            }
            Kind::Streamed(stream) => {
                let stream = stream.into_inner().unwrap_or_else(PoisonError::into_inner);
                let told = overrun.get_or_insert_with(Overrun::default).clone();
                let checked = Checked::new(stream, limit, told);
                Kind::Streamed(Mutex::new(Source::Boxed(Box::pin(checked)).into()))
            }
            kind @ (Kind::Empty | Kind::Ended) => kind,
        };
        Ok((Self { kind, ..self }, overrun))
    }

    /// Leaves a waker that is woken once when the request is abandoned by its feed. Each clone has its own.
    ///
    /// For transports that can be blocked where they do not poll the body (L-21).
    pub fn on_abandon(&mut self, waker: &Waker) {
        if let Kind::Streamed(stream) = &mut self.kind {
            get_mut(stream).on_abandon(waker);
        }
    }
}

impl MethodDescriptor {
    /// The method that a request calls, in any layer between stub and channel.
    ///
    /// It is what stands among the request's extensions, else what its [`Body`] says. A layer that
    /// puts another body around it hides that from those further in, unless it makes an extension of it. `None` for
    /// requests of foreign stubs: their path is the URI's.
    ///
    /// ```
    /// use http::Request;
    /// use ziggurat::{Body, Idempotency, Method, MethodDescriptor};
    ///
    /// /// What may be sent twice, whatever became of the first.
    /// fn may_repeat(request: &Request<Body>) -> bool {
    ///     let method = MethodDescriptor::of(request);
    ///     method.is_some_and(|method| method.idempotency() != Idempotency::Unknown)
    /// }
    ///
    /// static PRICE: Method<String, u64> = Method::new("/cafe.v1.CoffeeMachine/Price")
    ///     .with_idempotency(Idempotency::NoSideEffects);
    /// assert!(!may_repeat(&Request::new(Body::empty())));
    /// assert!(may_repeat(&Request::new(Body::empty().with_method(PRICE.descriptor()))));
    ///
    /// let mut request = Request::new(Body::empty());
    /// request.extensions_mut().insert(*PRICE.descriptor());
    /// assert!(may_repeat(&request));
    /// ```
    pub fn of<B: 'static>(request: &http::Request<B>) -> Option<&Self> {
        let body: &dyn Any = request.body();
        let said = || body.downcast_ref::<Body>()?.method;
        request.extensions().get().or_else(said)
    }
}

/// A request that sends the same once more, if its body can: see [`Body::try_clone`].
///
/// ```
/// # use ziggurat::{Body, try_clone_request};
/// let request = http::Request::new(Body::single("message".into()));
/// assert!(try_clone_request(&request).is_some());
/// assert!(try_clone_request(&http::Request::new(Body::feed().1)).is_some());
/// ```
pub fn try_clone_request(request: &http::Request<Body>) -> Option<http::Request<Body>> {
    let body = request.body().try_clone()?;
    let mut clone = http::Request::new(body);
    *clone.method_mut() = request.method().clone();
    *clone.uri_mut() = request.uri().clone();
    *clone.version_mut() = request.version();
    *clone.headers_mut() = request.headers().clone();
    *clone.extensions_mut() = request.extensions().clone();
    Some(clone)
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.kind {
            Kind::Streamed(stream) => get_mut(stream).poll_frame(cx),
            once => Poll::Ready(match mem::replace(once, Kind::Ended) {
                Kind::Single(message, watch) => {
                    watch.iter().for_each(Watch::start);
                    Some(Ok(Frame::data(message)))
                }
                _ => None,
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty | Kind::Single(..) => false,
            Kind::Ended => true,
            Kind::Streamed(stream) => lock(stream).is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl From<Kind> for Body {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            method: None,
            carried: None,
        }
    }
}

impl From<Source> for Body {
    fn from(source: Source) -> Self {
        Kind::Streamed(Mutex::new(source.into())).into()
    }
}

impl From<Bytes> for Body {
    fn from(message: Bytes) -> Self {
        Self::single(message)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Empty => "Empty",
            Kind::Single(..) => "Single",
            Kind::Streamed(stream) => lock(stream).name(),
            Kind::Ended => "Ended",
        };
        f.debug_tuple("Body")
            .field(&format_args!("{kind}"))
            .finish()
    }
}

/// Not poisoned by a stream that panics: it is not polled while a lock is held.
fn lock(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}

fn get_mut(stream: &mut Mutex<Stream>) -> &mut Stream {
    stream.get_mut().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
