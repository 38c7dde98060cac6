use std::time::Duration;

use super::{Deadline, ProgressSlot};

/// The settings of one call: an extension of its request.
///
/// By default nothing is set. A layer that gives each attempt of a retry less time than the call has:
///
/// ```
/// use std::time::Duration;
/// use ziggurat::layers::context::CallContext;
///
/// fn tighten<B>(request: &mut http::Request<B>) {
///     let context = request.extensions_mut().get_or_insert_default::<CallContext>();
///     *context = context.clone().with_timeout(Duration::from_millis(50));
/// }
/// # tighten(&mut http::Request::new(()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    limit: Limit,
    wait_for_ready: Option<bool>,
    resend_limit: Option<usize>,
    progress: Option<ProgressSlot>,
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
        self.limit = Limit::Asked {
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
            self.limit = Limit::Asked {
                timeout,
                deadline: earlier(before, Some(deadline)),
            };
        }
        self
    }

    /// Lets the call wait for a connection, even while attempts to connect fail, or not (D-10).
    pub fn with_wait_for_ready(mut self, wait: bool) -> Self {
        self.wait_for_ready = Some(wait);
        self
    }

    /// Whether the call is to wait while attempts to connect fail; `None` if nothing was set, which means it is not.
    pub fn wait_for_ready(&self) -> Option<bool> {
        self.wait_for_ready
    }

    /// Keeps so many bytes of the request until its answer begins, so that the ground can send it again (C-25).
    pub fn with_resend_limit(mut self, bytes: usize) -> Self {
        self.resend_limit = Some(bytes);
        self
    }

    /// How many bytes of the request may be kept; `None` if nothing was set, which leaves it to the ground.
    pub fn resend_limit(&self) -> Option<usize> {
        self.resend_limit
    }

    /// Lets the call tell how it comes along, into this slot instead of another (T-25).
    ///
    /// A deadline floor adds one where there is none.
    pub fn with_progress(mut self, slot: ProgressSlot) -> Self {
        self.progress = Some(slot);
        self
    }

    /// Where the call tells how it comes along; `None` if nobody wants to know.
    pub fn progress(&self) -> Option<&ProgressSlot> {
        self.progress.as_ref()
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
        matches!(self.limit, Limit::Guarded(_))
    }

    /// The deadline of a call that begins now; the default stands in for a timeout that nobody asked for.
    pub(crate) fn begin(&self, default: Option<Duration>) -> Option<Deadline> {
        match self.limit {
            Limit::Guarded(deadline) => Some(deadline),
            Limit::Asked { timeout, deadline } => {
                earlier(deadline, timeout.or(default).map(Deadline::after))
            }
        }
    }

    /// The same settings, with the mark that the caller guards this instant.
    pub(crate) fn guarded(mut self, deadline: Deadline) -> Self {
        self.limit = Limit::Guarded(deadline);
        self
    }

    /// Timeout and deadline, whoever guards them.
    fn asked(&self) -> (Option<Duration>, Option<Deadline>) {
        match self.limit {
            Limit::Asked { timeout, deadline } => (timeout, deadline),
            Limit::Guarded(deadline) => (None, Some(deadline)),
        }
    }
}

fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}
