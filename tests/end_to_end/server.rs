//! tonic's server on a runtime of its own, so that it can die like a process.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
    task::spawn_blocking,
};
use tokio_stream::{StreamExt, wrappers::TcpListenerStream};
use tonic::transport::Server as Tonic;
use ziggurat::{Channel, channel};
use ziggurat_examples::{
    cafe::CoffeeMachineStub, tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

use crate::{
    echo::echo,
    machine::{Machine, Seen},
};

/// A loopback port that outlives the servers on it: connections wait there while none runs.
#[derive(Debug)]
pub(crate) struct Port(TcpListener);

impl Port {
    pub(crate) fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    pub(crate) fn channel(&self) -> Channel {
        self.builder().connect_lazy()
    }

    pub(crate) fn builder(&self) -> channel::Builder {
        Channel::builder(&format!("http://{}", self.address())).unwrap()
    }

    /// Accepts a connection and closes it.
    pub(crate) async fn close_one(&self) {
        let listener = self.0.try_clone().unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        drop(listener.accept().await.unwrap());
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(Tonic::builder())
    }

    pub(crate) fn serve_with(&self, tonic: Tonic) -> Server {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (seen, events) = mpsc::unbounded_channel();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        let listener = self.0.try_clone().unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let incoming = TcpListenerStream::new(listener).map(|socket| {
                counter.fetch_add(1, Ordering::Relaxed);
                socket.and_then(|socket| socket.set_nodelay(true).map(|()| socket))
            });
            let machine = CoffeeMachineServer::new(Machine::new(seen))
                .max_decoding_message_size(16 * 1024 * 1024);
            // What h2 bears of small DATA frames that nobody has read yet grows with it: a test that sends thousands, one by
            // one, would now and then lose its connection to that guard (docs/flow-control.md).
            let tonic = tonic.initial_connection_window_size((1_u32 << 31) - 1);
            let served = tonic.serve_with_incoming(echo(machine), incoming);
            served.await.expect("loopback serves");
        });
        Server {
            address: self.address(),
            runtime: Some(runtime),
            accepted,
            events,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    runtime: Option<Runtime>,
    accepted: Arc<AtomicUsize>,
    events: mpsc::UnboundedReceiver<Seen>,
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// What the machine saw next.
    pub(crate) async fn seen(&mut self) -> Seen {
        self.events.recv().await.expect("the server runs")
    }

    /// Ends everything at once. Afterwards its connections are closed.
    pub(crate) async fn die(mut self) {
        let runtime = self.runtime.take();
        spawn_blocking(move || drop(runtime)).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A running machine and a stub of it.
pub(crate) fn cafe() -> (CoffeeMachineStub, Server) {
    let port = Port::bind();
    let server = port.serve();
    (CoffeeMachineStub::new(port.channel()), server)
}
