//! What a channel of many servers is made of: who chooses among them, and how their endpoints are made.
//!
//! For `ziggurat-balance`, and not stable. A [`Balancer`] stands where the one endpoint of a channel would: calls ask it for a
//! [`Lease`], handles for its state. It makes [`Endpoint`]s by a [`Maker`], which has the channel's settings, and asks them.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::watch;

use super::{Backoff, State};
pub use crate::endpoint::{
    Acquired, Endpoint, Lease, List, Patience, Series, Standing, Ticket, Uncounted, Waiting, Watch,
};
use crate::{Error, Target, progress::Course};

/// Chooses a server for each call, and answers for all of them.
///
/// `S` is what sends over a connection.
pub trait Balancer<S>: Course + List {
    /// The name of all of them.
    fn target(&self) -> &Target;

    /// Counts the changes of what [`List`] tells.
    fn changes(&self) -> watch::Receiver<u64>;

    /// Follows how the channel stands; it does not keep the channel.
    fn states(&self) -> watch::Receiver<State>;

    /// A call wants to be sent, or comes again.
    ///
    /// # Errors
    ///
    /// The call fails, for this reason.
    fn lease(&self, asking: &Asking<'_>) -> Result<Leasing<S>, Error>;

    /// A handle wants a connection. Tells the state then, and why calls fail in it.
    fn request(&self) -> (State, Option<Error>);

    /// The network is back: attempts need not wait (D-25).
    fn reset_backoff(&self);

    /// No more calls are taken, and those that wait fail (D-4).
    fn close(&self);

    /// True once running calls are to end. It is closed when nothing runs any more.
    fn cut(&self) -> &watch::Sender<bool>;
}

/// What a call gets that asks a [`Balancer`].
pub enum Leasing<S> {
    /// It may be sent; who wants to know its end is told.
    Leased(Lease<S>, Option<Ended>),
    /// It waits at an endpoint, for a stream. If it is handed back, it asks again.
    Waits(Waiting<S>, Option<Ended>),
    /// It waits for an endpoint. Dropping the place leaves it.
    Queued(Place<S>),
}

/// Hears how one call ends.
pub trait Hears: Send + 'static {
    /// The trailers of its answer, before its end.
    fn trailers(&self, trailers: &HeaderMap);

    /// Its end, once.
    fn ended(&self, is_success: bool);
}

/// Tells once how a call has ended that was sent: as a failure if it is dropped, not at all if the call never was sent.
pub struct Ended {
    /// `None` once it was told.
    hears: Option<Box<dyn Hears>>,
    /// Whether a request has left: a call that never did says nothing of the server.
    is_sent: bool,
}

impl Ended {
    /// Tells this one.
    pub fn new(hears: impl Hears) -> Self {
        Self {
            hears: Some(Box::new(hears)),
            is_sent: false,
        }
    }

    /// The trailers of the answer have come, and this is whether they say that the call has succeeded.
    pub fn with(mut self, trailers: &HeaderMap, is_success: bool) {
        if let Some(hears) = &self.hears {
            hears.trailers(trailers);
        }
        self.tell_once(is_success);
    }

    /// The request is on its way; from now on its end is told.
    pub(super) fn sent(&mut self) {
        self.is_sent = true;
    }

    /// Tells how it ended, unless that was told or nothing was sent.
    fn tell_once(&mut self, is_success: bool) {
        if let Some(hears) = self.hears.take()
            && self.is_sent
        {
            hears.ended(is_success);
        }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.tell_once(false);
    }
}

/// A call that waits for an endpoint. What comes of it is as if it asked then.
pub type Place<S> = Pin<Box<dyn Future<Output = Result<Leasing<S>, Error>> + Send>>;

/// A call that asks for a lease.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Its place among all calls of the channel, the same each time it asks.
    pub ticket: Ticket,
    /// How long it waits for a connection.
    pub patience: Patience,
    /// What it is.
    pub call: Call<'a>,
}

/// The head of a call, as far as a choice may depend on it.
///
/// ```
/// use http::{HeaderMap, HeaderName, HeaderValue};
/// use ziggurat::balance::policy::Call;
///
/// let tenant = HeaderName::from_static("x-tenant");
/// let headers = HeaderMap::from_iter([(tenant.clone(), HeaderValue::from_static("acme"))]);
/// let call = Call::new("/cafe.Cafe/MakeLatte", &headers);
/// assert_eq!(call.path(), "/cafe.Cafe/MakeLatte");
/// assert_eq!(call.header(&tenant).next().unwrap(), "acme");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// As the request will have it.
    path: &'a str,
    /// As the call has them so far: those that the channel adds are not among them.
    headers: Headers<'a>,
}

/// Headers in either of the forms in which a call is kept.
#[derive(Clone, Copy, Debug)]
enum Headers<'a> {
    /// Of a request.
    Map(&'a HeaderMap),
    /// Of a request that is kept to be sent again, and needs no map for that.
    Pairs(&'a [(HeaderName, HeaderValue)]),
}

impl<'a> Call<'a> {
    /// A call of this path, with these headers.
    pub fn new(path: &'a str, headers: &'a HeaderMap) -> Self {
        Self {
            path,
            headers: Headers::Map(headers),
        }
    }

    /// The same, of headers that are in no map.
    pub fn of_pairs(path: &'a str, pairs: &'a [(HeaderName, HeaderValue)]) -> Self {
        Self {
            path,
            headers: Headers::Pairs(pairs),
        }
    }

    /// The path: `/cafe.Cafe/MakeLatte`.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The values of a header, in their order.
    pub fn header(&self, name: &HeaderName) -> impl Iterator<Item = &'a HeaderValue> {
        let (map, pairs) = match self.headers {
            Headers::Map(map) => (Some(map.get_all(name)), &[][..]),
            Headers::Pairs(pairs) => (None, pairs),
        };
        let pairs = pairs.iter().filter(move |(other, _)| other == name);
        let values = pairs.map(|(_, value)| value);
        map.into_iter().flatten().chain(values)
    }

    /// All headers, in their order.
    pub fn headers(&self) -> impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)> {
        let (map, pairs) = match self.headers {
            Headers::Map(map) => (Some(map.iter()), &[][..]),
            Headers::Pairs(pairs) => (None, pairs),
        };
        let pairs = pairs.iter().map(|(name, value)| (name, value));
        map.into_iter().flatten().chain(pairs)
    }
}

/// Makes the endpoints of a channel: all with its layer, its connector and its settings, each at its own place.
pub struct Maker<S> {
    /// What the endpoints stand for together.
    pub(super) target: Target,
    /// Makes one, with a place of its own.
    pub(super) make: Box<Make<S>>,
    /// Shared by the tasks of all of them.
    pub(super) cut: watch::Sender<bool>,
    /// The pauses that the channel's settings ask for.
    pub(super) backoff: Backoff,
    /// After how long without a call a connection goes; `None` is never.
    pub(super) idle_timeout: Option<Duration>,
}

/// Hides the layer and the connector, whose types a balancer need not know.
type Make<S> = dyn Fn(Target, Arc<dyn Watch>) -> Endpoint<S> + Send + Sync;

impl<S> Maker<S> {
    /// The name of them all.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// An endpoint that is not connected, and does nothing until it is asked to. It tells how it stands.
    pub fn endpoint(&self, target: Target, watch: Arc<dyn Watch>) -> Endpoint<S> {
        (self.make)(target, watch)
    }

    /// Ends the running calls of all endpoints that were made, and is closed when the last of their tasks is gone.
    pub fn cut(&self) -> &watch::Sender<bool> {
        &self.cut
    }

    /// A walk through the pauses that the channel's settings ask for.
    pub fn series(&self) -> Series {
        Series::new(self.backoff.clone())
    }

    /// After how long without a call the channel is to let go of its connections.
    pub fn idle_timeout(&self) -> Option<Duration> {
        self.idle_timeout
    }
}

impl<S> fmt::Debug for Leasing<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leased(..) => "Leased",
            Self::Waits(..) => "Waits",
            Self::Queued(_) => "Queued",
        })
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended")
            .field("is_sent", &self.is_sent)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Maker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maker")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
