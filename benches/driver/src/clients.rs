use std::{error::Error, future::Future, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower_service::Service;
use ziggurat_transport::{Connection, ResponseBody, Target, channel};

use crate::{Result, body::Body};

/// One connection, and how to make a call on it.
pub trait Client: Clone + 'static {
    type Body: http_body::Body<Data = Bytes, Error: Error> + Unpin;

    fn connect(server: SocketAddr) -> impl Future<Output = Result<Self>>;

    fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Self::Body>>>;
}

async fn open(server: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The driver: one task.
#[derive(Clone)]
pub struct Driver(Connection<Body>);

impl Client for Driver {
    type Body = ResponseBody;

    async fn connect(server: SocketAddr) -> Result<Self> {
        let target = Target::parse(&format!("http://{server}"))?;
        let (connection, driver) = Connection::handshake(target, open(server).await?).await?;
        tokio::spawn(driver);
        Ok(Self(connection))
    }

    async fn send(&mut self, request: Request<Body>) -> Result<Response<ResponseBody>> {
        Ok(self.0.call(request).await?)
    }
}

/// The driver under a channel: what the choice of a connection and the care for it cost.
#[derive(Clone)]
pub struct Channel(pub ziggurat_transport::Channel<tower_layer::Identity, Body>);

impl Channel {
    /// Spreads calls over so many connections.
    pub fn over(server: SocketAddr, connections: usize) -> Result<Self> {
        let target = Target::parse(&format!("http://{server}"))?;
        let builder = channel::Builder::new(target).connections(connections);
        Ok(Self(builder.build()))
    }
}

impl Client for Channel {
    type Body = channel::ResponseBody;

    async fn connect(server: SocketAddr) -> Result<Self> {
        let channel = Self::over(server, 1)?;
        channel.0.connect().await?;
        Ok(channel)
    }

    async fn send(&mut self, request: Request<Body>) -> Result<Response<channel::ResponseBody>> {
        Ok(self.0.call(request).await?)
    }
}

/// hyper as it comes: a task for the connection, one for its client, two for each call.
#[derive(Clone)]
pub struct Hyper(http2::SendRequest<Body>);

impl Client for Hyper {
    type Body = Incoming;

    async fn connect(server: SocketAddr) -> Result<Self> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(2 * 1024 * 1024)
            .initial_connection_window_size((1 << 31) - 1)
            .max_header_list_size(64 * 1024)
            .handshake(TokioIo::new(open(server).await?))
            .await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>> {
        Ok(self.0.send_request(request).await?)
    }
}
