//! A service for tests: what it is asked for and what it answers is in the test's hands, frame by frame.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body::{Body as _, Frame};
use tokio::sync::mpsc;
use tokio_test::{assert_pending, assert_ready, task};
use tower_test::mock::{self, Handle, SendResponse};
use ziggurat_protocol::{Body, BoxError, Method, method::shape};

use crate::Client;

pub(crate) type Service = mock::Mock<Request<Body>, Response<AnswerBody>>;

pub(crate) const MAKE: Method<String, String> = Method::new("/cafe.v1.Machine/Make");
pub(crate) const WATCH: Method<String, String, shape::ServerStreaming> =
    Method::new("/cafe.v1.Machine/Watch");
pub(crate) const UPLOAD: Method<String, String, shape::ClientStreaming> =
    Method::new("/cafe.v1.Machine/Upload");
pub(crate) const CHAT: Method<String, String, shape::Bidi> = Method::new("/cafe.v1.Machine/Chat");

/// A client of a service that is ready for one request, and that service's other side.
pub(crate) fn client() -> (Client<Service>, Server) {
    let (service, mut handle) = mock::pair();
    handle.allow(1);
    (Client::new(service), Server(handle))
}

/// The service, from behind.
pub(crate) struct Server(Handle<Request<Body>, Response<AnswerBody>>);

impl Server {
    /// Is ready for so many requests from now on.
    pub(crate) fn allow(&mut self, requests: u64) {
        self.0.allow(requests);
    }

    /// The request that has arrived.
    pub(crate) fn accept(&mut self) -> Accepted {
        let next = assert_ready!(self.0.poll_request());
        let (request, respond) = next.expect("a client is there");
        let (head, body) = request.into_parts();
        let respond = Some(respond);
        Accepted {
            head,
            body: task::spawn(body),
            respond,
        }
    }

    #[track_caller]
    pub(crate) fn assert_idle(&mut self) {
        assert_pending!(self.0.poll_request());
    }
}

/// A request, and the way to answer it.
pub(crate) struct Accepted {
    pub(crate) head: http::request::Parts,
    body: task::Spawn<Body>,
    respond: Option<SendResponse<Response<AnswerBody>>>,
}

impl Accepted {
    /// Reads the request's body, as a transport does.
    pub(crate) fn poll_body(&mut self) -> Poll<Option<Result<Bytes, BoxError>>> {
        let frame = self.body.enter(|cx, body| body.poll_frame(cx));
        frame.map_ok(|frame| frame.into_data().expect("a request has no trailers"))
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    /// Answers with headers; what follows is in the test's hands.
    pub(crate) fn answer(&mut self) -> Answer {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut response = Response::new(AnswerBody(receiver));
        let grpc = HeaderValue::from_static("application/grpc");
        response.headers_mut().insert(CONTENT_TYPE, grpc);
        let respond = self.respond.take().expect("it was not answered yet");
        respond.send_response(response);
        Answer(sender)
    }

    /// Fails instead of answering.
    pub(crate) fn fail(&mut self, error: impl Into<BoxError>) {
        let respond = self.respond.take().expect("it was not answered yet");
        respond.send_error(error);
    }
}

/// The body of an answer, from behind.
pub(crate) struct Answer(mpsc::UnboundedSender<Frame<Bytes>>);

impl Answer {
    pub(crate) fn message(&self, message: &str) {
        self.frame(framed(message));
    }

    /// One frame of whatever bytes, such as several messages.
    pub(crate) fn frame(&self, bytes: impl Into<Bytes>) {
        self.0.send(Frame::data(bytes.into())).ok();
    }

    pub(crate) fn trailers(&self, status: &'static str) {
        let mut trailers = HeaderMap::new();
        let name = HeaderName::from_static("grpc-status");
        trailers.insert(name, HeaderValue::from_static(status));
        self.0.send(Frame::trailers(trailers)).ok();
    }

    /// Whether nobody reads the answer any more.
    pub(crate) fn is_dropped(&self) -> bool {
        self.0.is_closed()
    }
}

#[derive(Debug)]
pub(crate) struct AnswerBody(mpsc::UnboundedReceiver<Frame<Bytes>>);

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.poll_recv(cx).map(|frame| frame.map(Ok))
    }
}

/// A short message as it is on the wire.
pub(crate) fn framed(message: &str) -> Bytes {
    let length = u8::try_from(message.len()).expect("it is short");
    let prefix = [0, 0, 0, 0, length + 2, b'\n', length];
    [&prefix, message.as_bytes()].concat().into()
}
