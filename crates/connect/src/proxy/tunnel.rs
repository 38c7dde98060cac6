//! The way through a proxy: connect to it, ask it for the server by name, read that it lets pass.

use std::fmt::Write;

use tokio::{io::AsyncWriteExt, net::TcpStream};
use tower_service::Service;

use super::{ProxyError, answer::Answer, error::Failure, server::Server};
use crate::{Target, Tcp, TcpOptions, target::Place};

/// Opens a stream to the target by way of a proxy.
///
/// It sets no timeout. Dropping the future closes the connection to the proxy.
pub(super) async fn open(
    proxy: &Server,
    target: &Target,
    tcp: TcpOptions,
) -> Result<TcpStream, ProxyError> {
    let opened = connect(proxy, target, tcp).await;
    opened.map_err(|failure| ProxyError::new(proxy, failure))
}

/// Connects to the proxy and asks for the target; what fails does not know yet of which proxy.
async fn connect(proxy: &Server, target: &Target, tcp: TcpOptions) -> Result<TcpStream, Failure> {
    let mut tcp = Tcp::new(tcp);
    let mut stream = tcp
        .call(proxy.address.with_steps(target.steps().clone()))
        .await
        .map_err(Failure::Unreachable)?;
    target
        .steps()
        .connected("the proxy has not answered CONNECT");
    let server = with_port(target);
    let request = request(&server, proxy.authorization.as_deref());
    stream
        .write_all(request.as_bytes())
        .await
        .map_err(Failure::Lost)?;
    let answer = Answer::read(&mut stream).await?;
    answer.check(proxy, &server)?;
    Ok(stream)
}

/// What the proxy is to connect to: the name, which it resolves, and always a port.
fn with_port(target: &Target) -> String {
    match target.place() {
        Place::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
        Place::Tcp { host, port } => format!("{host}:{port}"),
        _ => target.authority().to_string(),
    }
}

/// The head of a CONNECT. It says no more than it must: the rest is between the client and the server.
fn request(server: &str, authorization: Option<&str>) -> String {
    let mut request = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n");
    if let Some(authorization) = authorization {
        // Writing to a string cannot fail.
        let _ = write!(request, "Proxy-Authorization: {authorization}\r\n");
    }
    request.push_str("\r\n");
    request
}
