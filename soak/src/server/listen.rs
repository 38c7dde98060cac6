use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
};

use super::{Habits, connection::serve};
use crate::Ledger;

/// Listens on loopback, on a thread and a runtime of its own; when it is dropped, it dies at once.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    drain: watch::Sender<()>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// There is no port, or no thread.
    pub fn start(habits: Habits, ledger: Arc<Ledger>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let mut server = Self {
            address: listener.local_addr()?,
            accepted: Arc::default(),
            drain: watch::Sender::new(()),
            runtime: None,
        };
        let (accepted, drain) = (Arc::clone(&server.accepted), server.drain.clone());
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        runtime.spawn(accept(listener, habits, ledger, accepted, drain));
        server.runtime = Some(runtime);
        Ok(server)
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns how many connections were accepted so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Relaxed)
    }

    /// Asks the clients of all open connections to leave.
    pub fn drain(&self) {
        self.drain.send_replace(());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(
    listener: tokio::net::TcpListener,
    habits: Habits,
    ledger: Arc<Ledger>,
    accepted: Arc<AtomicUsize>,
    drain: watch::Sender<()>,
) {
    loop {
        // What fails here is one client's connection that is gone again.
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        if socket.set_nodelay(true).is_err() {
            continue;
        }
        let number = accepted.fetch_add(1, Relaxed) as u64;
        let habits = habits.clone().seed(habits.seed.wrapping_add(number));
        let serving = serve(socket, habits, Arc::clone(&ledger), drain.subscribe());
        // How a connection ends is the client's concern.
        tokio::spawn(serving);
    }
}
