//! An HTTP proxy that knows CONNECT, and where a name leads.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A proxy that lives, with all its connections, until it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _connections: JoinSet<()>,
}

impl Proxy {
    /// Leads to these servers by their names; any other is refused with 502.
    pub(crate) async fn to(servers: &[(&str, SocketAddr)]) -> Self {
        let servers = servers
            .iter()
            .map(|(name, address)| ((*name).to_owned(), *address));
        let servers: Arc<HashMap<_, _>> = Arc::new(servers.collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let mut connections = JoinSet::new();
        let seen = Arc::clone(&asked);
        connections.spawn(async move {
            let mut tunnels = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                tunnels.spawn(carry(stream, Arc::clone(&servers), Arc::clone(&seen)));
            }
        });
        Self {
            address,
            asked,
            _connections: connections,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far, as they came.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn carry(
    mut client: TcpStream,
    servers: Arc<HashMap<String, SocketAddr>>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    let request = read_request(&mut client).await;
    let name = request.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(request);
    let Some(address) = servers.get(&name) else {
        let _ = client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
        return;
    };
    let mut server = TcpStream::connect(address).await.unwrap();
    let answer = b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n";
    if client.write_all(answer).await.is_ok() {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

/// Reads the head of a request, and nothing after it.
pub(crate) async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(request).unwrap()
}
