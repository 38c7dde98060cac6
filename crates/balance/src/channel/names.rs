//! The resolver of a channel, and what it said.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;
use ziggurat_config::InvalidServiceConfig;
use ziggurat_transport::{BoxError, Error, Target, channel::many::Series, error::Kind};

use super::events;
use crate::{Resolver, resolve::Resolution};

/// How many results of a resolver are looked at without a turn in between; the last of them counts.
const FLOOD: usize = 32;

/// How long better news is waited for after an error from before the channel was idle: as long as a connection (D-22).
const PATIENCE: Duration = Duration::from_secs(20);

/// The resolver, and what it said.
pub(super) struct Names {
    /// `None` once it has ended.
    resolver: Option<Box<dyn Resolver>>,
    name: String,
    target: Target,
    /// The last list that came since the last turn.
    found: Option<Resolution>,
    /// Why there was none after it. A list counts though an error follows it at once (G-13).
    failed: Option<BoxError>,
    /// Why the last answer was none.
    pub(super) failure: Option<Error>,
    /// The error from before the channel was idle, and when it counts again if nothing else comes.
    before: Option<(Instant, Error)>,
    pub(super) series: Series,
    /// When it is asked again after an error (G-16).
    pub(super) retries_at: Option<Instant>,
}

impl Names {
    pub(super) fn new(resolver: Box<dyn Resolver>, target: Target, series: Series) -> Self {
        Self {
            name: resolver.name().into_owned(),
            resolver: Some(resolver),
            target,
            found: None,
            failed: None,
            failure: None,
            before: None,
            series,
            retries_at: None,
        }
    }

    /// ## Idle → Connecting: what it said of an error is old, if it can say something else (D-11)
    ///
    /// If it says nothing for as long as an attempt to connect may take, that error counts again: nobody waits for ever.
    pub(super) fn begin(&mut self, now: Instant) {
        self.again();
        if self.resolver.is_none() {
            return;
        }
        let before = self.before.take().map(|(_, error)| error);
        let error = self.failure.take().or(before);
        self.before = error.and_then(|error| Some((now.checked_add(PATIENCE)?, error)));
    }

    /// When the error from before the channel was idle counts again.
    pub(super) fn recalls_at(&self) -> Option<Instant> {
        self.before.as_ref().map(|(at, _)| *at)
    }

    /// Lets that error count again, if it is time.
    pub(super) fn recall(&mut self, now: Instant) {
        if let Some((_, error)) = self.before.take_if(|(at, _)| *at <= now) {
            self.failure = Some(error);
        }
    }

    /// It is a good time to look again.
    pub(super) fn again(&mut self) {
        let Some(resolver) = &mut self.resolver else {
            return;
        };
        let asked = catch_unwind(AssertUnwindSafe(|| resolver.resolve_again()));
        if let Err(panic) = asked {
            self.panicked(&*panic);
        }
    }

    /// Takes what the resolver tells; of much at once the last. Tells whether there is something.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        for _ in 0..FLOOD {
            let Some(resolver) = &mut self.resolver else {
                return self.has_news();
            };
            match catch_unwind(AssertUnwindSafe(|| resolver.poll_resolution(cx))) {
                Ok(Poll::Pending) => return self.has_news(),
                Ok(Poll::Ready(Some(Ok(found)))) => {
                    self.found = Some(found);
                    self.failed = None;
                }
                Ok(Poll::Ready(Some(Err(error)))) => self.failed = Some(error),
                Ok(Poll::Ready(None)) => {
                    self.resolver = None;
                    if !self.has_news() {
                        self.failed = Some("it has ended".into());
                    }
                }
                Err(panic) => self.panicked(&*panic),
            }
        }
        // It has more, at the next turn.
        true
    }

    fn has_news(&self) -> bool {
        self.found.is_some() || self.failed.is_some()
    }

    fn panicked(&mut self, panic: &(dyn Any + Send)) {
        let text = format!("it panicked: {}", said(panic));
        self.resolver = None;
        self.failed = Some(text.into());
    }

    /// The last answer since the last turn, once. What becomes of it is to be [told](Self::answered).
    pub(super) fn found(&mut self) -> Option<Resolution> {
        self.found.take()
    }

    /// The answer is in use, or this is wrong with it. The resolver hears of that, and of a config that is not in use
    /// though the answer is.
    pub(super) fn answered(
        &mut self,
        outcome: Result<(), BoxError>,
        unused: Option<InvalidServiceConfig>,
    ) {
        if let Some(invalid) = &unused {
            events::invalid_config(&self.target, invalid);
        }
        let unused = unused.map(BoxError::from);
        let wrong = outcome.as_ref().err().or(unused.as_ref());
        self.acknowledge(wrong.map_or(Ok(()), Err));
        match outcome {
            Ok(()) => {
                self.failure = None;
                self.before = None;
                self.retries_at = None;
                self.series.restart();
            }
            // Unless there is a later one.
            Err(error) => drop(self.failed.get_or_insert(error)),
        }
    }

    fn acknowledge(&mut self, outcome: Result<(), &BoxError>) {
        let Some(resolver) = &mut self.resolver else {
            return;
        };
        let told = catch_unwind(AssertUnwindSafe(|| resolver.acknowledge(outcome)));
        if let Err(panic) = told {
            self.panicked(&*panic);
        }
    }

    /// An error is kept, and asks again later (G-13, G-16).
    pub(super) fn settle(&mut self, now: Instant) {
        let Some(error) = self.failed.take() else {
            return;
        };
        let error = Unresolved {
            resolver: self.name.clone(),
            error,
        };
        let error = Error::connect(Kind::Connect, &self.target, error.into());
        if self.resolver.is_none() {
            self.retries_at = None;
        } else if self.retries_at.is_none() {
            // Who says it often is not left alone the longer.
            self.retries_at = now.checked_add(self.series.draw());
            self.series.fail();
        }
        let pause = self.retries_at.map(|at| at.saturating_duration_since(now));
        events::unresolved(&self.target, &error, pause);
        self.before = None;
        self.failure = Some(error);
    }
}

/// What a panic says.
pub(super) fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message")
}

/// A resolver, and why it has no endpoints.
#[derive(Debug)]
struct Unresolved {
    resolver: String,
    error: BoxError,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.resolver, self.error)
    }
}

impl std::error::Error for Unresolved {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.error)
    }
}
