use std::{any::Any, sync::Arc};

use http::HeaderMap;

use super::Key;

/// Hears how calls end, for a policy that decides by it.
///
/// A policy [offers](super::Policy::observer) one at each turn; a call tells the one that was offered beside the
/// [`Picker`](super::Picker) that chose for it. It is told from where the call ends, by many at once: it counts, and does no
/// more.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use ziggurat::balance::policy::{Key, Observer};
///
/// struct Failures(AtomicU64);
///
/// impl Observer for Failures {
///     fn ended(&self, _: Key, is_success: bool) {
///         if !is_success {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// A call is on its way there. What it gives is kept until the call is over, and dropped then: the handle of a
    /// `tower::load` measure, for one. By default it is nothing.
    fn began(&self, key: Key) -> Option<Box<dyn Any + Send>> {
        _ = key;
        None
    }

    /// A call that went there is over, and these were the trailers of its answer; [`ended`](Self::ended) comes after it. By
    /// default they are not looked at.
    fn trailers(&self, key: Key, trailers: &HeaderMap) {
        _ = (key, trailers);
    }

    /// A call that went there is over: once for each that was sent, also if it was given up. `is_success` is whether its
    /// status is OK.
    fn ended(&self, key: Key, is_success: bool);
}

/// Tells two.
pub(super) struct Both(pub(super) Arc<dyn Observer>, pub(super) Arc<dyn Observer>);

impl Observer for Both {
    fn began(&self, key: Key) -> Option<Box<dyn Any + Send>> {
        match (self.0.began(key), self.1.began(key)) {
            (Some(one), Some(other)) => Some(Box::new((one, other))),
            (one, other) => one.or(other),
        }
    }

    fn trailers(&self, key: Key, trailers: &HeaderMap) {
        self.0.trailers(key, trailers);
        self.1.trailers(key, trailers);
    }

    fn ended(&self, key: Key, is_success: bool) {
        self.0.ended(key, is_success);
        self.1.ended(key, is_success);
    }
}
