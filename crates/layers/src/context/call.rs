use std::{
    any::Any,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::Request;
use tokio::time::Instant;
use ziggurat_protocol::Body;

use super::{Deadline, ProgressSlot};

/// The settings of one call, which travel with its request.
///
/// By default nothing is set. Cloning is one reference count; what is changed is a copy, and others keep theirs.
///
/// | who | puts there | where |
/// |---|---|---|
/// | a stub | what the call asks for beside its timeout | an extension |
/// | a deadline floor | the instant that it guards, and whether it wants to know of progress | where one is, or the body |
/// | a floor that sends again | that it does, and how many attempts failed before | where one is, or the body |
/// | your layers | less time, a slot of progress | where one is, or the body |
/// | a channel | reads the deadline, [`wait_for_ready`](Self::wait_for_ready), [`resend_limit`](Self::resend_limit), [`previous_attempts`](Self::previous_attempts) | |
///
/// A layer that gives each attempt of a retry less time than the call has:
///
/// ```
/// use std::time::Duration;
/// use ziggurat::layers::context::CallContext;
///
/// fn tighten<B: 'static>(request: &mut http::Request<B>) {
///     CallContext::change(request, |context| context.with_timeout(Duration::from_millis(50)));
/// }
/// # tighten(&mut http::Request::new(()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallContext(Arc<Settings>);

/// What is set; shared until somebody changes it.
#[derive(Debug, Default)]
struct Settings {
    limit: Limit,
    /// `None` leaves it to the ground, which does not wait.
    wait_for_ready: Option<bool>,
    /// In bytes; `None` leaves it to the ground.
    resend_limit: Option<usize>,
    /// When the call began, if a floor that keeps its time or sends it again knows.
    begun: Option<Instant>,
    /// How many attempts of the call failed before this one, if a floor further out makes them.
    previous_attempts: Option<u32>,
    /// If somebody wants to know; made by whoever first has something to tell (T-25).
    progress: Option<OnceLock<ProgressSlot>>,
}

/// For changes of what is shared: both tell into one slot from then on.
impl Clone for Settings {
    fn clone(&self) -> Self {
        let shared = |slot: &OnceLock<ProgressSlot>| OnceLock::from(made(slot).clone());
        Self {
            limit: self.limit,
            wait_for_ready: self.wait_for_ready,
            resend_limit: self.resend_limit,
            begun: self.begun,
            previous_attempts: self.previous_attempts,
            progress: self.progress.as_ref().map(shared),
        }
    }
}

fn made(slot: &OnceLock<ProgressSlot>) -> &ProgressSlot {
    slot.get_or_init(ProgressSlot::new)
}

/// How long the call may take.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// What was asked for; nobody guards it yet.
    Asked {
        timeout: Option<Duration>,
        deadline: Option<Deadline>,
    },
    /// A deadline floor further out ends the call at this instant.
    Guarded(Deadline),
}

impl Default for Limit {
    fn default() -> Self {
        Self::Asked {
            timeout: None,
            deadline: None,
        }
    }
}

impl CallContext {
    /// Makes one that sets nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the call this much time, counted from the first poll of the deadline floor.
    ///
    /// What is set several times, as timeout or as deadline, counts with its earliest end (B-2). Of a call that is
    /// guarded already, the deadline stays the limit.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        let (before, deadline) = self.asked();
        self.set().limit = Limit::Asked {
            timeout: earlier(before, Some(timeout)),
            deadline,
        };
        self
    }

    /// Gives the call time until this instant; if more is set, the earliest end counts (B-2).
    pub fn with_deadline(mut self, deadline: Deadline) -> Self {
        let (timeout, before) = self.asked();
        // A guard that ends the call earlier is enough.
        if !(self.is_guarded() && before <= Some(deadline)) {
            self.set().limit = Limit::Asked {
                timeout,
                deadline: earlier(before, Some(deadline)),
            };
        }
        self
    }

    /// Lets the call wait for a connection, even while attempts to connect fail, or not (D-10).
    pub fn with_wait_for_ready(mut self, wait: bool) -> Self {
        self.set().wait_for_ready = Some(wait);
        self
    }

    /// Whether the call is to wait while attempts to connect fail; `None` if nothing was set, which means it is not.
    pub fn wait_for_ready(&self) -> Option<bool> {
        self.0.wait_for_ready
    }

    /// Keeps so many bytes of the request until its answer begins, so that the ground can send it again (C-25).
    pub fn with_resend_limit(mut self, bytes: usize) -> Self {
        self.set().resend_limit = Some(bytes);
        self
    }

    /// How many bytes of the request may be kept; `None` if nothing was set, which leaves it to the ground.
    pub fn resend_limit(&self) -> Option<usize> {
        self.0.resend_limit
    }

    /// Says that this is one attempt of a call that a floor further out sends again, and how many failed before it.
    ///
    /// A floor further in that would send it again too steps aside, so that attempts do not multiply (T-23). It leaves
    /// the call a slot of progress too, for it has something to tell once there is more than one.
    ///
    /// For floors of your own that send again, `tower::retry` with a policy of yours among them:
    ///
    /// ```
    /// use http::Request;
    /// use ziggurat::{Body, layers::context::CallContext};
    ///
    /// fn mark(request: &mut Request<Body>, failed: u32) {
    ///     CallContext::change(request, |context| context.with_previous_attempts(failed));
    /// }
    /// let mut request = Request::new(Body::empty());
    /// mark(&mut request, 2);
    /// assert_eq!(CallContext::of(&request).and_then(|context| context.previous_attempts()), Some(2));
    /// ```
    pub fn with_previous_attempts(mut self, attempts: u32) -> Self {
        let settings = self.set();
        settings.previous_attempts = Some(attempts);
        settings.progress.get_or_insert_default();
        self
    }

    /// When the call began, for limits that count from there and are known further in only, such as a service config's
    /// timeout (B-2); `None` if no floor further out left it. The deadline floor does, of a call that has a deadline, and so
    /// do floors that send again.
    pub fn begun(&self) -> Option<Instant> {
        self.0.begun
    }

    /// Says that the call began at this instant, if nobody further out has: for floors that let it wait before what is
    /// further in sees it.
    pub fn with_begun(mut self, now: Instant) -> Self {
        if self.0.begun.is_none() {
            self.set().begun = Some(now);
        }
        self
    }

    /// Those of the first attempt of a call that begins now, if it has not begun yet, and is sent again if it fails.
    pub(crate) fn repeated(mut self) -> Self {
        let settings = self.set();
        settings.previous_attempts = Some(0);
        settings.begun.get_or_insert_with(Instant::now);
        settings.progress.get_or_insert_default();
        self
    }

    /// How many attempts of the call failed before this one; `None` if nobody further out sends it again.
    pub fn previous_attempts(&self) -> Option<u32> {
        self.0.previous_attempts
    }

    /// Lets the call tell how it comes along, into this slot instead of another (T-25).
    ///
    /// A deadline floor adds one where there is none.
    pub fn with_progress(mut self, slot: ProgressSlot) -> Self {
        self.set().progress = Some(OnceLock::from(slot));
        self
    }

    /// Where the call tells how it comes along; `None` if nobody wants to know.
    ///
    /// For who has something to tell: the slot is made when it is first asked for.
    pub fn progress(&self) -> Option<&ProgressSlot> {
        self.0.progress.as_ref().map(made)
    }

    /// The slot, if anything was told into it; `None` for most calls, which neither wait nor repeat.
    ///
    /// For who reads it in the end, as the deadline floor does when the deadline has passed.
    pub fn told(&self) -> Option<&ProgressSlot> {
        self.0.progress.as_ref()?.get()
    }

    /// The instant at which the call ends, once it stands; a timeout becomes one in the deadline floor.
    pub fn deadline(&self) -> Option<Deadline> {
        self.asked().1
    }

    /// The timeout that was asked for, as long as no deadline floor has turned it into an instant.
    pub fn timeout(&self) -> Option<Duration> {
        self.asked().0
    }

    /// Whether a deadline floor further out ends the call in time.
    ///
    /// Then the floors further in need no timer. A layer that asks for less ends this state.
    pub fn is_guarded(&self) -> bool {
        matches!(self.0.limit, Limit::Guarded(_))
    }

    /// The deadline of a call that begins now; the default stands in for a timeout that nobody asked for.
    pub(crate) fn begin(&self, now: Instant, default: Option<Duration>) -> Option<Deadline> {
        match self.0.limit {
            Limit::Guarded(deadline) => Some(deadline),
            Limit::Asked { timeout, deadline } => {
                let timeout = timeout.or(default);
                earlier(
                    deadline,
                    timeout.map(|timeout| Deadline::since(now, timeout)),
                )
            }
        }
    }

    /// The same settings, with the mark that the caller guards this instant, and wants to know where time goes.
    pub(crate) fn guarded(mut self, deadline: Deadline) -> Self {
        let settings = self.set();
        settings.limit = Limit::Guarded(deadline);
        settings.progress.get_or_insert_default();
        self
    }

    /// Timeout and deadline, whoever guards them.
    fn asked(&self) -> (Option<Duration>, Option<Deadline>) {
        match self.0.limit {
            Limit::Asked { timeout, deadline } => (timeout, deadline),
            Limit::Guarded(deadline) => (None, Some(deadline)),
        }
    }

    /// What is to be changed: a copy if others have it too.
    fn set(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.0)
    }
}

/// Where it travels.
impl CallContext {
    /// That of a request: it stands among the extensions, or else the request's [`Body`] has it.
    ///
    /// What a stub or a layer asks for is an extension. The deadline that a floor guards is in the body if that is ours,
    /// where it costs one allocation instead of four; a layer that puts another body around it hides it, and leaves
    /// `grpc-timeout`, which says the same.
    pub fn of<B: 'static>(request: &Request<B>) -> Option<Self> {
        let extension = request.extensions().get::<Self>().cloned();
        extension.or_else(|| {
            let body: &dyn Any = request.body();
            let carried = body.downcast_ref::<Body>()?.carried()?;
            Arc::clone(carried).downcast().ok().map(Self)
        })
    }

    /// Puts it into a request, in the place of what is there.
    ///
    /// ```
    /// use ziggurat::{Body, layers::context::CallContext};
    ///
    /// let mut request = http::Request::new(Body::empty());
    /// CallContext::new().with_wait_for_ready(true).put_into(&mut request);
    /// let context = CallContext::of(&request).expect("it was put there");
    /// assert_eq!(context.wait_for_ready(), Some(true));
    /// ```
    pub fn put_into<B: 'static>(self, request: &mut Request<B>) {
        if let Some(extension) = request.extensions_mut().get_mut() {
            *extension = self;
            return;
        }
        let body: &mut dyn Any = request.body_mut();
        match body.downcast_mut::<Body>() {
            Some(body) => body.carry(self.0),
            None => {
                request.extensions_mut().insert(self);
            }
        }
    }

    /// Changes that of a request, or gives it one: what it does not touch stays.
    pub fn change<B: 'static>(request: &mut Request<B>, change: impl FnOnce(Self) -> Self) {
        let context = Self::of(request).unwrap_or_default();
        change(context).put_into(request);
    }
}

fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}
