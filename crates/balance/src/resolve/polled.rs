use std::{
    borrow::Cow,
    fmt,
    task::{Context, Poll, ready},
    time::Duration,
};

use ziggurat_transport::BoxError;

use super::{Resolution, Resolver, repeated::Repeated};

/// Tells what a function of yours finds: a registry, a file, a DNS library.
///
/// The function is called at once, and again every 30 seconds, so that new servers get traffic though nothing fails
/// (G-12). Where an answer says [how long it counts](Resolution::valid_for), that is taken instead, from 5 seconds to
/// 5 minutes. When connections fail it is called sooner, but not within 5 seconds of the last time. There is one call at a
/// time, and none while nobody polls; one that panics has failed, as one that returns an error, and the next comes by time or on
/// request. One that has been under way for longer, as when the channel was idle meanwhile, may give an old answer: it is told,
/// and on request another call follows at once.
///
/// Each answer is told, also one that is like the last: the channel sees what changed.
///
/// The function should end by itself: a call that hangs is neither cut off nor repeated, and meanwhile the channel keeps the
/// endpoints that it knows. Dropping the resolver drops the call that is under way, so what it awaits must be cancel safe.
///
/// The [module](super) has an example.
pub struct Polled<L, F> {
    /// For messages only.
    name: Cow<'static, str>,
    /// Called once for each lookup.
    lookup: L,
    lookups: Repeated<F>,
}

impl<L, F> Polled<L, F>
where
    L: FnMut() -> F,
{
    /// Tells what this function finds.
    pub fn new(lookup: L) -> Self {
        Self {
            name: "a lookup".into(),
            lookup,
            lookups: Repeated::new(),
        }
    }

    /// What messages call it, in place of *a lookup*.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// Calls the function again this long after an answer that does not say how long it counts, and after an error.
    ///
    /// The default is 30 seconds. It is at least 5 seconds and at most 5 minutes, whatever is given here. With `None` time
    /// does not count: the function is called on request only, when connections fail or the channel was idle.
    pub fn refresh_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.lookups.set_interval(interval.into());
        self
    }
}

impl<L, F, R, E> Resolver for Polled<L, F>
where
    L: FnMut() -> F + Send + 'static,
    F: Future<Output = Result<R, E>> + Send + 'static,
    R: Into<Resolution>,
    E: Into<BoxError>,
{
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>> {
        let answer = ready!(self.lookups.poll(cx, &mut self.lookup));
        Poll::Ready(Some(match answer {
            Ok(Ok(found)) => {
                let found = found.into();
                self.lookups.wait(found.valid_for);
                Ok(found)
            }
            Ok(Err(error)) => Err(error.into()),
            Err(panicked) => Err(panicked.into()),
        }))
    }

    fn resolve_again(&mut self) {
        self.lookups.resolve_again();
    }
}

impl<L, F> fmt::Debug for Polled<L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polled")
            .field("name", &self.name)
            .field("lookups", &self.lookups)
            .finish_non_exhaustive()
    }
}
