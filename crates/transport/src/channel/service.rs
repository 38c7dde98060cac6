use std::{
    fmt,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;
use ziggurat_connect::Target;

use super::{
    Closing, Connecting, Endpoints, Prepare, ResponseBody, ResponseFuture, State, States,
    WaitForReady,
    many::{Asking, Call, Leasing},
    resend::{Outgoing, ResendLimit},
    servers::Servers,
    shared::Shared,
};
use crate::{
    Error, RequestBody,
    endpoint::{Endpoint, Patience, Tickets},
    progress::{Course, Wait},
    share::Budget,
};

/// How much is kept of a request that a channel makes for itself, in bytes.
const SMALL_REQUEST: usize = 16 * 1024;

/// All requests to one target, over a connection that is made when it is needed.
///
/// Made by a [`Builder`](super::Builder). Always ready; what there is to wait for is awaited in the call. Cloning is one
/// reference count, and all clones share the connection.
///
/// # Connecting
///
/// - The first call starts an attempt to connect; all who come meanwhile wait for the same one. If it fails, they fail
///   with its error, but for those that [wait for ready](WaitForReady).
/// - From then on the channel tries again by itself, with growing [pauses](super::Backoff). Meanwhile calls fail at
///   once, with the error of the last attempt.
/// - A connection that the server ends, or that is lost, is replaced when the next call comes. Calls that run on a
///   connection which only takes no more requests go on to their end there.
///
/// # Sending again
///
/// A request that provably was not acted on is sent again by itself, with what was sent of a streamed body:
///
/// - without limit, if it never left (C-30);
/// - once, if the server refused its stream or left it out of its GOAWAY (C-31), up to the
///   [limit](super::Builder::resend_limit) of what is kept, and not if it [was sent before](RequestBody::was_sent_before). If that GOAWAY says NO_ERROR, more often: until five
///   connections in a row served nobody.
///
/// It waits for the next connection whatever became of the one that gave it back, and fails with an attempt that fails.
///
/// Whatever else goes wrong after a request has left is an error: the server may have acted on it (C-35).
///
/// # Streams
///
/// The server says how many calls it takes at the same time. Others wait, first come first served, and leave the queue
/// unsent when they are dropped.
///
/// # Ends
///
/// When the last handle is dropped and no call waits for a response, attempts stop, and a connection ends with its last
/// response body. [`close`](Self::close) does it at once for all handles.
///
/// # Panics
///
/// Its futures must be polled inside a tokio runtime: connecting spawns a task.
pub struct Channel<L: Prepare<B>, B: RequestBody> {
    shared: Shared<L::Service>,
}

impl<L: Prepare<B>, B: RequestBody> Channel<L, B> {
    pub(super) fn new(
        servers: Servers<L::Service>,
        resend_limit: ResendLimit,
        resend_total: Budget,
    ) -> Self {
        let shared = Shared::new(servers, Tickets::default(), resend_limit, resend_total);
        Self { shared }
    }

    /// All requests to one server of a channel of many, over the connections that it has there.
    ///
    /// It connects to none: a call that finds no connection fails. For what a channel asks a server for itself, such as its
    /// health; not stable.
    ///
    /// Nothing is concluded from what becomes of it: a connection that answered nothing else has served nobody, so that it is
    /// followed after a pause (D-26), and one that leaves it without an answer is not doubted.
    pub fn beside_others(endpoint: Endpoint<L::Service>) -> Self {
        let limit = SMALL_REQUEST;
        let shared = Shared::new(
            Servers::One(endpoint),
            Tickets::own(),
            ResendLimit(limit),
            Budget::new(limit),
        );
        Self { shared }
    }

    fn servers(&self) -> &Servers<L::Service> {
        self.shared.servers()
    }

    /// The target that the channel connects to.
    pub fn target(&self) -> &Target {
        self.servers().target()
    }

    /// How the channel stands.
    pub fn state(&self) -> State {
        self.servers().state()
    }

    /// Follows how the channel stands.
    pub fn states(&self) -> States {
        States::new(self.servers().states())
    }

    /// Its servers, one by one: one, or of a channel of many all that there are.
    pub fn endpoints(&self) -> Endpoints {
        self.servers().endpoints()
    }

    /// Waits until there is a connection, or until an attempt fails.
    ///
    /// Joins the attempt that is under way, or starts one. A channel need not be connected: the first call does it.
    ///
    /// # Errors
    ///
    /// The error of that attempt; while the channel is in [`State::TransientFailure`], the error of the last one, at
    /// once. The channel was closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the attempt to the others who wait.
    pub fn connect(&self) -> Connecting {
        Connecting::new(self.servers().clone(), Patience::FailFast)
    }

    /// Waits until there is a connection, however many attempts it takes.
    ///
    /// # Errors
    ///
    /// The channel was closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the attempt to the others who wait.
    pub fn ready(&self) -> Connecting {
        Connecting::new(self.servers().clone(), Patience::WaitForReady)
    }

    /// Stands in the queue like a request of this head, until that could be sent to one of many servers; nothing is sent.
    ///
    /// For who has to know something before it sends that comes with the first servers. `waits` is given what tells what is
    /// waited for, if it has to wait. Where there is one server, there is nothing to wait for.
    ///
    /// # Errors
    ///
    /// What the request would fail with.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the queue.
    pub async fn queue<T>(
        &self,
        request: &Request<T>,
        patience: Patience,
        waits: impl FnOnce(Wait),
    ) -> Result<(), Error> {
        let Servers::Many(balancer) = self.servers() else {
            return Ok(());
        };
        let leasing = balancer.lease(&Asking {
            ticket: self.shared.ticket(),
            patience,
            call: Call::new(request.uri().path(), request.headers()),
        })?;
        if let Leasing::Queued(place) = leasing {
            let course = Arc::downgrade(balancer) as Weak<dyn Course>;
            waits(Wait::new(course));
            drop(place.await?);
        }
        Ok(())
    }

    /// Makes the next attempt to connect at once, and the pauses after it short again (D-25).
    ///
    /// For those who know that the network is back. It starts no attempt that nobody waits for.
    pub fn reset_backoff(&self) {
        self.servers().reset_backoff();
    }

    /// Closes the channel, for all handles and for good (D-4).
    ///
    /// Calls that are not sent yet fail with [`Kind::Shutdown`](crate::error::Kind::Shutdown), those that run finish. It
    /// takes effect at once; the future that it returns resolves when they have finished.
    pub fn close(&self) -> Closing {
        self.servers().close();
        Closing::new(self.servers().clone())
    }

    /// Closes the channel like [`close`](Self::close), and ends running calls as cancelled (M-12).
    ///
    /// They fail with [`Kind::GivenUp`](crate::error::Kind::GivenUp).
    pub fn shutdown_now(&self) -> Closing {
        self.servers().close();
        self.servers().cut().send_replace(true);
        Closing::new(self.servers().clone())
    }
}

impl<L: Prepare<B>, B: RequestBody> Service<Request<B>> for Channel<L, B> {
    type Response = Response<ResponseBody>;
    type Error = Error;
    type Future = ResponseFuture<L, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<L, B> {
        let patience = match request.extensions().get() {
            Some(WaitForReady) => Patience::WaitForReady,
            None => Patience::FailFast,
        };
        let limit = request.extensions().get().copied();
        let limit = limit.unwrap_or(self.shared.resend_limit());
        let request = Outgoing::new(request, limit, self.shared.resend_total());
        ResponseFuture::new(self.shared.clone(), request, patience)
    }
}

impl<L: Prepare<B>, B: RequestBody> Clone for Channel<L, B> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> fmt::Debug for Channel<L, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("target", self.target())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
