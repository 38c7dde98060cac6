//! The handle to a connection, as a tower service.
//!
//! Always ready while the connection is open: there is no queue here and no limit. Who wants either puts a layer around
//! it; the channel does, with the number of streams that SETTINGS allowed.

use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, Version, header::CONTENT_LENGTH};
use hyper::client::conn::http2::SendRequest;
use tower_service::Service;
use ziggurat_connect::Target;

use super::{
    PeerAddresses, RequestBody, ResponseBody, ResponseFuture, call::Call, executor::Executor, io,
    peer::Route, request::Piped,
};
use crate::{Error, SendError};

/// A handle to one HTTP/2 connection. Cloning is three reference counts.
///
/// Made by [`handshake`](Self::handshake). Ready while the connection is open, and not a limit on the number of calls:
/// a request above the server's limit waits for a stream. A request on a connection that closed meanwhile comes back in
/// the error. The connection ends when its last handle is dropped and its last call is over.
///
/// A request needs an absolute URI. It is sent when `call` is called, not when the response is awaited; `content-length`
/// is taken out, for a length is never sent. Its extensions go no further than here.
pub struct Connection<B> {
    /// hyper's handle.
    sender: SendRequest<Piped<B>>,
    /// Tells the driver whose the futures are that a request makes.
    executor: Executor,
    /// What calls know of their connection.
    route: Arc<Route>,
}

impl<B> Connection<B> {
    /// Of a connection whose SETTINGS was read.
    pub(super) fn new(
        sender: SendRequest<Piped<B>>,
        executor: Executor,
        route: Arc<Route>,
    ) -> Self {
        Self {
            sender,
            executor,
            route,
        }
    }

    /// Whether the connection takes no more requests: it is closed, or the server is ending it.
    ///
    /// Calls that are under way may still come to their end.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// The target that the connection was made to.
    pub fn target(&self) -> &Target {
        &self.route.target
    }

    /// The addresses of its two ends.
    pub fn peer(&self) -> &PeerAddresses {
        &self.route.peer
    }
}

impl<B: RequestBody> Service<Request<B>> for Connection<B> {
    type Response = Response<ResponseBody>;
    type Error = SendError<B>;
    type Future = ResponseFuture<B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendError<B>>> {
        if self.is_closed() {
            return Poll::Ready(Err(Error::closed(self.target()).into()));
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<B> {
        let (mut head, body) = request.into_parts();
        // Or h2 sends a request without scheme and authority, which servers drop, instead of refusing it here.
        head.version = Version::HTTP_2;
        // A length that does not fit what is sent is an error of the stream; none never is. Requests have few
        // names: to look at each costs less than to hash this one.
        if head.headers.keys().any(|name| name == CONTENT_LENGTH) {
            head.headers.remove(CONTENT_LENGTH);
        }
        // They are for the layers above; should the request come back, they are needed again.
        let extensions = mem::take(&mut head.extensions);
        let call = Call::new(body.after_response(), io::method(head.uri.path()));
        let body = Piped::new(body, call.clone(), self.executor.clone());
        let request = Request::from_parts(head, body);
        let sent = Box::pin(self.sender.try_send_request(request));
        ResponseFuture::new(sent, self.route.clone(), call, extensions)
    }
}

impl<B> Clone for Connection<B> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            executor: self.executor.clone(),
            route: self.route.clone(),
        }
    }
}

impl<B> fmt::Debug for Connection<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("route", &self.route)
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
