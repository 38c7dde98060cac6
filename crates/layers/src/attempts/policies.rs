use std::{fmt, sync::Arc};

use http::Request;
use ziggurat_protocol::{Body, Idempotency, MethodDescriptor};

use crate::context::CallContext;

/// Which policy a call has.
///
/// A floor asks once per call, before the first attempt. Cloning is one reference count, and so is the policy of a call if
/// all have the same.
pub(crate) enum Policies<P> {
    /// The same for every call.
    All(Arc<P>),
    /// By what stands in the request.
    Chosen(Arc<Choose<P>>),
}

type Choose<P> = dyn Fn(&Request<Body>) -> Option<P> + Send + Sync;

impl<P> Policies<P> {
    /// One for all calls.
    pub(crate) fn all(policy: P) -> Self {
        Self::All(Arc::new(policy))
    }

    /// That which is chosen for a call, if there is one.
    pub(crate) fn choose(
        policy: impl Fn(&Request<Body>) -> Option<P> + Send + Sync + 'static,
    ) -> Self {
        Self::Chosen(Arc::new(policy))
    }

    /// One for the calls whose method may be repeated, as the request says of it.
    ///
    /// Requests of foreign stubs say nothing, and have none.
    pub(crate) fn idempotent(policy: P) -> Self
    where
        P: Clone + Send + Sync + 'static,
    {
        Self::choose(move |request| {
            let method = MethodDescriptor::of(request)?;
            (method.idempotency() != Idempotency::Unknown).then(|| policy.clone())
        })
    }

    /// The policy of one call.
    ///
    /// A call that a floor further out sends again has none: one floor alone does, so that attempts do not multiply (T-23).
    pub(crate) fn of(&self, request: &Request<Body>) -> Option<Arc<P>> {
        let context = CallContext::of(request);
        if context.is_some_and(|context| context.previous_attempts().is_some()) {
            return None;
        }
        match self {
            Self::All(policy) => Some(Arc::clone(policy)),
            Self::Chosen(choose) => choose(request).map(Arc::new),
        }
    }
}

impl<P> Clone for Policies<P> {
    fn clone(&self) -> Self {
        match self {
            Self::All(policy) => Self::All(Arc::clone(policy)),
            Self::Chosen(choose) => Self::Chosen(Arc::clone(choose)),
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for Policies<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(policy) => policy.fmt(f),
            Self::Chosen(_) => f.write_str("Chosen"),
        }
    }
}
