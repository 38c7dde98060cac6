//! The server at the other end of the pipe, which answers what a test tells it to.

use std::{
    future::{Future, poll_fn},
    io,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream, server::SendResponse};
use http::{HeaderMap, Request, Response};
use tokio::{
    io::DuplexStream,
    sync::mpsc,
    time::{sleep, timeout},
};
use tower_service::Service;
use ziggurat_transport::{Channel, Connection, Target, channel};

use crate::{
    body::Body,
    record::{Record, Wire, wire},
};

pub(crate) fn target() -> Target {
    Target::parse("http://cafe:1").unwrap()
}

pub(crate) fn request(body: Body) -> Request<Body> {
    Request::post("http://cafe:1/order").body(body).unwrap()
}

/// Fails a test that would hang. The clock is paused, so this takes no time.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(3600), future)
        .await
        .expect("nothing more happens")
}

/// Waits a second until it is so. A yield would keep the paused clock from the end of it.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
    panic!("nothing more happens");
}

/// One request, as the server has it.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) head: http::request::Parts,
    pub(crate) body: RecvStream,
    pub(crate) respond: SendResponse<Bytes>,
    answer: Option<SendStream<Bytes>>,
}

/// A server that leaves what to answer to the test.
#[derive(Debug)]
pub(crate) struct Server {
    accepted: mpsc::UnboundedReceiver<Accepted>,
    commands: mpsc::UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    /// GOAWAY, and on with the streams that are open.
    Drain,
    /// GOAWAY with this reason, and an end to all.
    Abort(Reason),
    /// No word, and an end to all.
    Cut,
}

impl Server {
    pub(crate) fn start(pipe: DuplexStream) -> Self {
        Self::with(&h2::server::Builder::new(), pipe)
    }

    pub(crate) fn with(settings: &h2::server::Builder, pipe: DuplexStream) -> Self {
        let (sender, accepted) = mpsc::unbounded_channel();
        let (commands, receiver) = mpsc::unbounded_channel();
        let handshake = settings.handshake(pipe);
        tokio::spawn(async move { serve(handshake.await.unwrap(), sender, receiver).await });
        Self { accepted, commands }
    }

    pub(crate) async fn accept(&mut self) -> Accepted {
        soon(self.accepted.recv())
            .await
            .expect("the client closed the connection")
    }

    /// Waits until the connection is over.
    pub(crate) async fn ended(&mut self) {
        while soon(self.accepted.recv()).await.is_some() {}
    }

    pub(crate) fn drain(&self) {
        self.commands.send(Command::Drain).unwrap();
    }

    pub(crate) fn abort(&self, reason: Reason) {
        self.commands.send(Command::Abort(reason)).unwrap();
    }

    pub(crate) fn cut(&self) {
        self.commands.send(Command::Cut).unwrap();
    }
}

async fn serve(
    mut connection: h2::server::Connection<DuplexStream, Bytes>,
    accepted: mpsc::UnboundedSender<Accepted>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    loop {
        tokio::select! {
            request = connection.accept() => {
                let Some(Ok((request, respond))) = request else { return };
                accepted.send(Accepted::new(request, respond)).ok();
            }
            Some(command) = commands.recv() => match command {
                Command::Drain => connection.graceful_shutdown(),
                Command::Abort(reason) => connection.abrupt_shutdown(reason),
                Command::Cut => return,
            },
        }
    }
}

impl Accepted {
    pub(crate) fn new(request: Request<RecvStream>, respond: SendResponse<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        Self {
            head,
            body,
            respond,
            answer: None,
        }
    }

    /// Answers with headers, and leaves the body open.
    pub(crate) fn headers(&mut self) -> &mut SendStream<Bytes> {
        let answer = self
            .respond
            .send_response(Response::new(()), false)
            .unwrap();
        self.answer.insert(answer)
    }

    /// Answers with one message and trailers.
    pub(crate) fn answer(mut self, message: &'static str) {
        let answer = self.headers();
        answer
            .send_data(Bytes::from_static(message.as_bytes()), false)
            .unwrap();
        answer.send_trailers(HeaderMap::new()).unwrap();
    }

    /// Resets the stream after the headers.
    pub(crate) fn reset_with(&mut self, reason: Reason) {
        self.answer.as_mut().unwrap().send_reset(reason);
    }

    /// Waits for what fills the client's window; credits nothing.
    pub(crate) async fn fill(&mut self) {
        let mut received = 0;
        while received < crate::body::WINDOW {
            received += soon(self.body.data()).await.unwrap().unwrap().len();
        }
    }

    /// Waits for the client's RST_STREAM.
    pub(crate) async fn reset(&mut self) -> Reason {
        let reset = poll_fn(|cx| match &mut self.answer {
            Some(answer) => answer.poll_reset(cx),
            None => self.respond.poll_reset(cx),
        });
        soon(reset).await.unwrap()
    }
}

/// A connection whose driver is spawned, and its server.
pub(crate) async fn connect() -> (Connection<Body>, Server, Record) {
    let (wire, record, far) = wire();
    let server = Server::start(far);
    let (connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    (connection, server, record)
}

/// Serves one whole call: what the client did before has reached the wire after it.
pub(crate) async fn barrier(connection: &mut Connection<Body>, server: &mut Server) {
    let call = tokio::spawn(connection.call(request(Body::one("barrier"))));
    server.accept().await.answer("passed");
    drain(soon(call).await.unwrap().unwrap()).await;
}

/// Reads a response to its end.
pub(crate) async fn drain<B>(response: Response<B>) -> Bytes
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    use http_body_util::BodyExt;

    soon(response.into_body().collect())
        .await
        .unwrap()
        .to_bytes()
}

/// A connector of pipes; the test gets their far ends.
#[derive(Clone, Debug)]
pub(crate) struct Pipes(mpsc::UnboundedSender<(DuplexStream, Record)>);

impl Service<Target> for Pipes {
    type Response = Wire;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Wire>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Target) -> Self::Future {
        let (wire, record, far) = wire();
        let accepted = self.0.send((far, record));
        std::future::ready(
            accepted
                .map(|()| wire)
                .map_err(|_| io::ErrorKind::ConnectionRefused.into()),
        )
    }
}

/// The pipes that a channel opened.
#[derive(Debug)]
pub(crate) struct Listener(mpsc::UnboundedReceiver<(DuplexStream, Record)>);

impl Listener {
    pub(crate) async fn accept(&mut self) -> (DuplexStream, Record) {
        soon(self.0.recv()).await.unwrap()
    }

    pub(crate) async fn serve(&mut self) -> (Server, Record) {
        let (pipe, record) = self.accept().await;
        (Server::start(pipe), record)
    }

    /// How many more connections were made.
    pub(crate) fn waiting(&self) -> usize {
        self.0.len()
    }
}

pub(crate) type Pipeline = Channel<tower_layer::Identity, Body>;
pub(crate) type Pending = channel::ResponseFuture<tower_layer::Identity, Body>;

/// A call with a small body.
pub(crate) fn call(channel: &Pipeline) -> Pending {
    channel.clone().call(request(Body::one("x")))
}

/// A channel whose connection has served a call.
pub(crate) async fn served(
    builder: channel::Builder<Pipes>,
    listener: &mut Listener,
) -> (Pipeline, Server) {
    let channel: Pipeline = builder.build();
    let first = tokio::spawn(call(&channel));
    let (mut server, _) = listener.serve().await;
    server.accept().await.answer("served");
    drain(soon(first).await.unwrap().unwrap()).await;
    (channel, server)
}

pub(crate) fn pipes() -> (channel::Builder<Pipes>, Listener) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let builder = channel::Builder::new(target()).connector(Pipes(sender));
    (builder, Listener(receiver))
}
