//! An endpoint in the hands of a channel, and what it does for one.
//!
//! What makes the connections and what is layered around them is known behind [`Server`] and not here: a program that drops
//! a channel, or a call that waits, has none of the code of an endpoint compiled into it once more.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use tokio::sync::watch;
use ziggurat_connect::Target;

use super::{
    State,
    lease::{Lease, Streams},
    life::Admission,
    pool::Grant,
    queue::{Patience, Ticket},
    status::List,
};
use crate::{
    Error,
    progress::{Course, Wait},
};

/// A handle to one server, whose leases have services of this type.
///
/// The last one takes the endpoint with it. Cloning it is one reference count.
pub struct Endpoint<S>(Arc<dyn Server<S>>);

/// As long as it lives, one of the endpoint's calls is not counted: what a channel asks for itself makes no server look busy,
/// and no channel in use.
pub struct Uncounted<S>(Endpoint<S>);

/// What a channel and its calls ask of an endpoint.
pub(super) trait Server<S>: Streams + Course + List {
    /// Where its connections lead.
    fn target(&self) -> &Target;

    /// What tells each new state, in their order; its receivers are handles that follow it.
    fn states(&self) -> &watch::Sender<State>;

    /// True once running calls are to end; its receivers are the tasks that run.
    fn cut(&self) -> &watch::Sender<bool>;

    /// A stream of a connection, a place among those who wait for one, or the reason why there is neither.
    fn admit(&self, ticket: Ticket, patience: Patience) -> Admission<S>;

    /// A call waits no longer.
    fn leave(&self, ticket: Ticket);

    /// A call more is not counted, or one less.
    fn uncount(&self, is_more: bool);

    /// How it stands now.
    fn state(&self) -> State;

    /// Asks for a connection. Tells the state then, and why calls fail in it.
    fn request(&self) -> (State, Option<Error>);

    /// Ends the pause between attempts: the next one begins at once.
    fn reset_backoff(&self);

    /// Lets go of connections and attempts. Calls that run go on.
    fn let_go(&self);

    /// Takes no more calls, and hands back those that wait. Those that run go on.
    fn close(&self);
}

/// For calls: one that asks is admitted, and its stream, or its place, is given back by what it was given.
impl<S> Endpoint<S> {
    pub(super) fn of(server: Arc<dyn Server<S>>) -> Self {
        Self(server)
    }

    pub(super) fn admit(&self, ticket: Ticket, patience: Patience) -> Admission<S> {
        self.0.admit(ticket, patience)
    }

    pub(super) fn lease(&self, grant: Grant<S>, ticket: Ticket) -> Lease<S> {
        let streams = Arc::downgrade(&self.0) as Weak<dyn Streams>;
        Lease::new(streams, grant, ticket.is_own())
    }

    /// What a call waits for, to be asked later.
    pub(super) fn wait(&self) -> Wait {
        Wait::new(Arc::downgrade(&self.0) as Weak<dyn Course>)
    }

    pub(super) fn leave(&self, ticket: Ticket) {
        self.0.leave(ticket);
    }
}

/// For handles.
impl<S> Endpoint<S> {
    /// Where its connections lead.
    pub fn target(&self) -> &Target {
        self.0.target()
    }

    pub(crate) fn state(&self) -> State {
        self.0.state()
    }

    pub(crate) fn states(&self) -> watch::Receiver<State> {
        self.0.states().subscribe()
    }

    pub(crate) fn list(&self) -> Weak<dyn List> {
        Arc::downgrade(&self.0) as Weak<dyn List>
    }

    /// Asks for a connection. Tells the state then, and why calls fail in it.
    pub fn request(&self) -> (State, Option<Error>) {
        self.0.request()
    }

    /// Lets go of connections and attempts. Calls that run go on.
    pub fn let_go(&self) {
        self.0.let_go();
    }

    /// Makes the next attempt begin at once, and the pauses after it short again.
    pub fn reset_backoff(&self) {
        self.0.reset_backoff();
    }

    /// Takes no more calls, and hands back those that wait. Those that run go on.
    pub fn close(&self) {
        self.0.close();
    }

    /// A call that is about to ask is not counted until this is dropped, which is to be after the call's end.
    pub fn uncounted(&self) -> Uncounted<S> {
        self.0.uncount(true);
        Uncounted(self.clone())
    }

    /// True once running calls are to end; closed when no task is left.
    pub(crate) fn cut(&self) -> &watch::Sender<bool> {
        self.0.cut()
    }
}

impl<S> fmt::Debug for Endpoint<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("target", self.target())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl<S> Drop for Uncounted<S> {
    fn drop(&mut self) {
        self.0.0.uncount(false);
    }
}

impl<S> fmt::Debug for Uncounted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Uncounted").field(&self.0).finish()
    }
}

impl<S> Clone for Endpoint<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
