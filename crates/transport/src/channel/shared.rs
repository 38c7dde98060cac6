use std::sync::Arc;

use super::{resend::ResendLimit, servers::Servers};
use crate::{
    endpoint::{Ticket, Tickets},
    share::Budget,
};

/// What the handles of a channel and its unanswered calls share; it goes with the last of them, and the endpoint with it.
///
/// It is one reference count for each of them.
pub(super) struct Shared<S>(Arc<Parts<S>>);

/// What is behind the one reference count.
struct Parts<S> {
    /// Where calls go.
    servers: Servers<S>,
    /// Gives each call its place.
    tickets: Tickets,
    /// What one call may keep.
    resend_limit: ResendLimit,
    /// What the calls may keep together.
    resend_total: Budget,
}

impl<S> Shared<S> {
    pub(super) fn new(
        servers: Servers<S>,
        tickets: Tickets,
        resend_limit: ResendLimit,
        resend_total: Budget,
    ) -> Self {
        Self(Arc::new(Parts {
            servers,
            tickets,
            resend_limit,
            resend_total,
        }))
    }

    /// Where calls go.
    pub(super) fn servers(&self) -> &Servers<S> {
        &self.0.servers
    }

    /// A call's place among all calls of the channel, whichever endpoint it comes to.
    pub(super) fn ticket(&self) -> Ticket {
        self.0.tickets.next()
    }

    /// How much is kept of a request that does not say it itself.
    pub(super) fn resend_limit(&self) -> ResendLimit {
        self.0.resend_limit
    }

    /// What all calls may keep together, to be sent again.
    pub(super) fn resend_total(&self) -> &Budget {
        &self.0.resend_total
    }
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
