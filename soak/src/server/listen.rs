use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::{
    net::TcpStream,
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
    reset: watch::Sender<()>,
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
            reset: watch::Sender::new(()),
            runtime: None,
        };
        let door = Door {
            habits,
            ledger,
            accepted: Arc::clone(&server.accepted),
            drain: server.drain.clone(),
            reset: server.reset.clone(),
        };
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        runtime.spawn(door.accept(listener));
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

    /// Resets all open connections.
    pub fn reset(&self) {
        self.reset.send_replace(());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What lets clients in.
struct Door {
    habits: Habits,
    ledger: Arc<Ledger>,
    accepted: Arc<AtomicUsize>,
    drain: watch::Sender<()>,
    reset: watch::Sender<()>,
}

impl Door {
    async fn accept(self, listener: tokio::net::TcpListener) {
        loop {
            // What fails here is one client's connection that is gone again.
            if let Ok((socket, _)) = listener.accept().await {
                self.admit(socket);
            }
        }
    }

    fn admit(&self, mut socket: TcpStream) {
        let number = self.accepted.fetch_add(1, Relaxed) as u64;
        let seed = self.habits.seed.wrapping_add(number);
        let (habits, ledger) = (self.habits.clone().seed(seed), Arc::clone(&self.ledger));
        let (drain, mut reset) = (self.drain.subscribe(), self.reset.subscribe());
        tokio::spawn(async move {
            socket.set_nodelay(true)?;
            tokio::select! {
                // How a connection ends is the client's concern.
                _ = serve(&mut socket, habits, ledger, drain) => Ok(()),
                // Who is dropped without having ended is reset.
                _ = reset.changed() => socket.set_zero_linger(),
            }
        });
    }
}
