//! Which floors a call has: those of the one config that the channel was given, or of the one that its resolver brought last.
//!
//! ```text
//!  a call ─► is another config in effect? ── no ──► the floors that stand ──► configured
//!                 │ there is none yet   │ yes
//!                 ▼                     ▼
//!        waits for the resolver     puts its floors up, once for all ──► configured
//! ```
//!
//! A call keeps the floors with which it has begun (F-20). While it waits for the resolver's first answer, it is under its
//! deadline; a failure of the resolver is its failure too, unless it waits for ready.

use std::{
    convert::Infallible,
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use arc_swap::ArcSwapOption;
use http::{Request, Response};
use tokio::time::Instant;
use tower::service_fn;
use tower_layer::Layer;
use ziggurat_config::ServiceConfig;
use ziggurat_layers::{context::CallContext, deadline::DeadlineLayer, status};
use ziggurat_protocol::{Body, Status, response};
use ziggurat_transport::{channel::many::Patience, progress::Progress as _};

use super::{
    body::Told,
    configured::{Configured, Special, send},
    following::InEffect,
    ground::Ground,
};

/// How calls find their floors; shared by all clones of a channel.
pub(super) enum Way {
    /// They always are the same.
    Given(Configured),
    /// The resolver has a say.
    Resolved(Resolved),
}

/// The floors of the config in effect.
pub(super) struct Resolved {
    ground: Ground,
    special: Special,
    resend_limit: Option<usize>,
    in_effect: Arc<InEffect>,
    /// Those that were put up last.
    standing: ArcSwapOption<Standing>,
    /// Held while others are put up.
    building: Mutex<()>,
}

/// Floors, and the config that they are of.
struct Standing {
    config: Arc<ServiceConfig>,
    floors: Configured,
}

impl Way {
    /// By the config that the builder was given, if it was.
    pub(super) fn given(special: &Special, ground: &Ground, resend_limit: Option<usize>) -> Self {
        let config = special.config.clone().unwrap_or_default();
        Self::Given(special.over(&config, ground, resend_limit, None))
    }

    /// By those that the resolver brings.
    pub(super) fn resolved(
        special: Special,
        ground: &Ground,
        resend_limit: Option<usize>,
        in_effect: Arc<InEffect>,
    ) -> Self {
        Self::Resolved(Resolved {
            ground: ground.clone(),
            special,
            resend_limit,
            in_effect,
            standing: ArcSwapOption::empty(),
            building: Mutex::new(()),
        })
    }

    /// Sends a request as the config in effect says at the first poll; nothing happens before.
    pub(super) async fn call(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        match &*self {
            Self::Given(floors) => floors.call(request).await,
            Self::Resolved(resolved) => match resolved.standing() {
                Some(standing) => standing.floors.call(request).await,
                // Seldom, so it takes no room of the others.
                None => Box::pin(resolved.first(request)).await,
            },
        }
    }
}

impl Resolved {
    /// The floors of the config in effect; `None` if the resolver has not answered yet.
    fn standing(&self) -> Option<Arc<Standing>> {
        let standing = self.standing.load();
        match &*standing {
            Some(standing) if self.in_effect.is(&standing.config) => Some(Arc::clone(standing)),
            _ => self.build(),
        }
    }

    /// ## floors of an earlier config, or none → those of this one
    fn build(&self) -> Option<Arc<Standing>> {
        let building = self.building.lock();
        let _building = building.unwrap_or_else(PoisonError::into_inner);
        let config = self.in_effect.config()?;
        let before = self.standing.load_full();
        if let Some(before) = before.as_ref()
            && Arc::ptr_eq(&before.config, &config)
        {
            // Another call was faster.
            return Some(Arc::clone(before));
        }
        let before = before.as_ref().map(|standing| &standing.floors);
        let special = &self.special;
        let floors = special.over(&config, &self.ground, self.resend_limit, before);
        let standing = Arc::new(Standing { config, floors });
        self.standing.store(Some(Arc::clone(&standing)));
        Some(standing)
    }

    /// One of the calls that come before the resolver has answered: it waits, under its own deadline.
    async fn first(&self, mut request: Request<Body>) -> Response<Body> {
        // The config's timeout is of the whole call.
        let begun = Instant::now();
        CallContext::change(&mut request, |context| context.with_begun(begun));
        let waits = service_fn(async |request: Request<Body>| {
            let answer = match self.known(&request).await {
                Ok(standing) => standing.floors.call(request).await,
                Err(status) => response::trailers_only(status),
            };
            Ok::<_, Infallible>(answer)
        });
        // The channel writes what is left when the request leaves.
        let deadline = DeadlineLayer::default().unannounced();
        send(deadline.layer(waits), request).await
    }

    /// Waits for the resolver's first answer, as long as the channel does not fail or the call waits for ready (D-11).
    async fn known(&self, request: &Request<Body>) -> Result<Arc<Standing>, Status> {
        let told = CallContext::of(request).map(Told);
        let wait_for_ready = told
            .as_ref()
            .and_then(|Told(context)| context.wait_for_ready());
        let patience = match wait_for_ready {
            Some(true) => Patience::WaitForReady,
            Some(false) | None => Patience::FailFast,
        };
        let waits = |wait| {
            if let Some(told) = &told {
                told.waits(wait);
            }
        };
        // It starts the resolver, and fails as the call would.
        let transport = self.ground.transport();
        let queue = transport.queue(request, patience, waits);
        let mut failed = pin!(async {
            match queue.await {
                Err(error) => error,
                Ok(()) => pending().await, // there is a config before a call can be sent
            }
        });
        let mut known = pin!(self.in_effect.known());
        let failed = poll_fn(|cx| match known.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => failed.as_mut().poll(cx).map(Some),
        });
        let failed = failed.await;
        if let Some(told) = &told {
            told.goes_on();
        }
        match (self.standing(), failed) {
            (Some(standing), _) => Ok(standing),
            (None, Some(error)) => Err(status::from_error(error.into())),
            (None, None) => unreachable!("a config that was in effect is followed by another"),
        }
    }
}
