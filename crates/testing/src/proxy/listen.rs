use std::{
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{self, watch},
    task::{JoinHandle, JoinSet},
};

use super::{Fault, Plan, carry::Carrier};

/// Listens on loopback before a server, and passes connections on until it is told otherwise.
///
/// When it is dropped, it stops listening and resets what is open. It must be made and used inside a tokio runtime.
///
/// ```
/// use tokio::net::{TcpListener, TcpStream};
/// use ziggurat_testing::proxy::Proxy;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = TcpListener::bind("127.0.0.1:0").await?;
/// let proxy = Proxy::start(server.local_addr()?).await?;
///
/// // Killed: whoever connects is refused, until it is back on its port.
/// proxy.down().await?;
/// assert!(TcpStream::connect(proxy.address()).await.is_err());
/// proxy.up().await?;
/// assert!(TcpStream::connect(proxy.address()).await.is_ok());
/// # Ok(())
/// # }
/// ```
pub struct Proxy {
    /// Kept from the first listener to the last.
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Whether clients are accepted; locked while that changes, which may take a turn of the runtime.
    listening: sync::Mutex<Listening>,
}

/// Whether clients are accepted.
enum Listening {
    /// By this task.
    Up(JoinHandle<()>),
    /// The port is kept, so that nobody else gets it.
    Down { _port: TcpSocket },
}

/// What the proxy and its tasks share.
struct Shared {
    /// Where each client is led to.
    server: SocketAddr,
    /// What happens to the connections that are open.
    orders: watch::Sender<Fault>,
    /// What happens to the next connection, by its number.
    plans: Mutex<Box<dyn FnMut(usize) -> Plan + Send>>,
    /// The tasks of the connections; dropping one resets both its sides.
    links: Mutex<JoinSet<io::Result<()>>>,
    /// How many clients were accepted, and so the number of the next.
    accepted: AtomicUsize,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1, for this server.
    ///
    /// Nothing is connected to the server before a client is there. If it cannot be reached, the client is reset.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let shared = Arc::new(Shared {
            server,
            orders: watch::channel(Fault::None).0,
            plans: Mutex::new(Box::new(|_| Plan::default())),
            links: Mutex::default(),
            accepted: AtomicUsize::new(0),
        });
        Ok(Self {
            address: listener.local_addr()?,
            listening: sync::Mutex::new(Listening::up(listener, &shared)),
            shared,
        })
    }

    /// Returns the address that clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns how many connections were accepted so far.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Relaxed)
    }

    /// Lets this happen to all connections from now on, those that are open and those to come.
    pub fn set(&self, fault: Fault) {
        *self.shared.plans() = Box::new(move |_| fault.into());
        self.strike(fault);
    }

    /// Lets this happen to the connections that are open, and not to those to come.
    pub fn strike(&self, fault: Fault) {
        self.shared.orders.send_replace(fault);
    }

    /// Gives each connection to come its own plan, by its number; the first is 0.
    ///
    /// ```
    /// # use ziggurat_testing::proxy::{Fault, Plan, Proxy};
    /// # fn flapping(proxy: &Proxy) {
    /// // Every second connection is closed in the middle of its first answer.
    /// proxy.plan(|number| match number % 2 {
    ///     0 => Fault::Close.after(100),
    ///     _ => Plan::default(),
    /// });
    /// # }
    /// ```
    pub fn plan(&self, plan: impl FnMut(usize) -> Plan + Send + 'static) {
        *self.shared.plans() = Box::new(plan);
    }

    /// Refuses new connections, and leaves the open ones alone: a server that drains before it is restarted.
    ///
    /// # Errors
    ///
    /// The port cannot be kept from others.
    pub async fn refuse(&self) -> io::Result<()> {
        let mut listening = self.listening.lock().await;
        if let Listening::Up(task) = &mut *listening {
            task.abort();
            // The listener is closed when its task is gone.
            let _ = task.await;
            let port = TcpSocket::new_v4()?;
            port.set_reuseaddr(true)?;
            port.bind(self.address)?;
            *listening = Listening::Down { _port: port };
        }
        Ok(())
    }

    /// Kills the server, as its clients see it: new connections are refused, all others reset.
    ///
    /// # Errors
    ///
    /// The port cannot be kept from others.
    pub async fn down(&self) -> io::Result<()> {
        self.refuse().await?;
        let mut links = std::mem::take(&mut *self.shared.links());
        links.shutdown().await;
        Ok(())
    }

    /// Brings the server back after [`down`](Self::down) or [`refuse`](Self::refuse), on the same port.
    ///
    /// # Errors
    ///
    /// The port cannot be listened on.
    pub async fn up(&self) -> io::Result<()> {
        let mut listening = self.listening.lock().await;
        if let Listening::Down { .. } = &*listening {
            let listener = TcpListener::bind(self.address).await?;
            *listening = Listening::up(listener, &self.shared);
        }
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Listening::Up(task) = self.listening.get_mut() {
            task.abort();
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &self.address)
            .field("server", &self.shared.server)
            .field("accepted", &self.accepted())
            .finish_non_exhaustive()
    }
}

impl Listening {
    /// Accepts clients on a task of its own.
    fn up(listener: TcpListener, shared: &Arc<Shared>) -> Self {
        Self::Up(tokio::spawn(accept(listener, Arc::clone(shared))))
    }
}

impl Shared {
    /// Locks the plans.
    fn plans(&self) -> MutexGuard<'_, Box<dyn FnMut(usize) -> Plan + Send>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the tasks.
    fn links(&self) -> MutexGuard<'_, JoinSet<io::Result<()>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a connection, with its plan; forgets those that are over.
    fn admit(&self, client: TcpStream) {
        let mut plans = self.plans();
        let plan = plans(self.accepted.fetch_add(1, Relaxed));
        let orders = self.orders.subscribe();
        let mut links = self.links();
        while links.try_join_next().is_some() {}
        links.spawn(link(client, self.server, plan, orders));
    }
}

/// Accepts clients until it is aborted.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // What fails here is one client's connection that is gone again.
        if let Ok((client, _)) = listener.accept().await {
            shared.admit(client);
        }
    }
}

/// Leads one client to the server, through what is planned for it.
async fn link(
    mut client: TcpStream,
    server: SocketAddr,
    plan: Plan,
    orders: watch::Receiver<Fault>,
) -> io::Result<()> {
    // Who is dropped without having ended is reset.
    client.set_zero_linger()?;
    if plan == Fault::Reset.into() {
        return Ok(());
    }
    let mut server = TcpStream::connect(server).await?;
    server.set_zero_linger()?;
    // Small frames must not wait for acknowledgements.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let carrier = Carrier::new(plan);
    carrier.run(&mut client, &mut server, orders).await;
    Ok(())
}
