//! A port in memory: to connect takes no time, so a paused clock tells exactly when it was tried.

use std::{
    future::{Ready, ready},
    io,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncWriteExt, DuplexStream},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep},
};
use tower::Service;
use ziggurat::{
    Channel,
    channel::{Backoff, Builder, State, Target},
};
use ziggurat_soak::{Habits, Ledger, serve};
use ziggurat_testing::peer::{Connection, Options};

use crate::cafe::{CALLS, call, client, soon};

/// An empty SETTINGS frame.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// What becomes of who connects.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Nobody listens.
    Refuses,
    /// It accepts and hangs up.
    HangsUp,
    /// It accepts, sends SETTINGS and hangs up.
    GreetsAndHangsUp,
    /// It accepts, and the test has the other end.
    Accepts,
    /// A server with these habits answers.
    Serves(Habits),
}

/// The port, and all that was ever connected to it.
pub(crate) struct Port {
    pipes: Pipes,
    accepted: mpsc::UnboundedReceiver<DuplexStream>,
}

/// The port as a channel sees it.
#[derive(Clone)]
pub(crate) struct Pipes(Arc<Mutex<Shared>>);

struct Shared {
    manner: Manner,
    /// Takes the place of the manner for each second connect, from the second on.
    every_second: Option<Manner>,
    tried: Vec<Instant>,
    accepted: mpsc::UnboundedSender<DuplexStream>,
    ledger: Arc<Ledger>,
    servers: JoinSet<Result<(), h2::Error>>,
    drain: watch::Sender<()>,
}

impl Port {
    pub(crate) fn new(manner: Manner) -> Self {
        let (sender, accepted) = mpsc::unbounded_channel();
        let shared = Shared {
            manner,
            every_second: None,
            tried: Vec::new(),
            accepted: sender,
            ledger: Arc::new(Ledger::new(CALLS)),
            servers: JoinSet::new(),
            drain: watch::Sender::new(()),
        };
        let pipes = Pipes(Arc::new(Mutex::new(shared)));
        Self { pipes, accepted }
    }

    pub(crate) fn serving() -> Self {
        Self::new(Manner::Serves(Habits::new()))
    }

    pub(crate) fn builder(&self) -> Builder<Pipes> {
        let builder = Channel::builder("http://cafe").unwrap();
        builder.connector(self.pipes.clone())
    }

    pub(crate) fn set(&self, manner: Manner) {
        self.pipes.0.lock().unwrap().manner = manner;
    }

    pub(crate) fn every_second(&self, manner: Manner) {
        self.pipes.0.lock().unwrap().every_second = Some(manner);
    }

    /// Ends the connections that servers have, without a word.
    pub(crate) fn cut(&self) {
        self.pipes.0.lock().unwrap().servers.abort_all();
    }

    pub(crate) fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.pipes.0.lock().unwrap().ledger)
    }

    /// When it was tried, in milliseconds after this moment; what came before is left out.
    pub(crate) fn tried_since(&self, start: Instant) -> Vec<u64> {
        let tried = &self.pipes.0.lock().unwrap().tried;
        let since = tried
            .iter()
            .filter_map(|at| at.checked_duration_since(start));
        since.map(millis).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.pipes.0.lock().unwrap().tried.len()
    }

    /// The other end of the next connection.
    pub(crate) async fn accept(&mut self) -> DuplexStream {
        soon(self.accepted.recv()).await.unwrap()
    }

    /// The other end of the next connection, as a script.
    pub(crate) async fn peer(&mut self) -> Connection {
        self.peer_with(Options::new()).await
    }

    pub(crate) async fn peer_with(&mut self, options: Options) -> Connection {
        let pipe = self.accept().await;
        Connection::over_with(pipe, options).await.unwrap()
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}

impl Shared {
    fn connect(&mut self) -> io::Result<DuplexStream> {
        self.tried.push(Instant::now());
        let is_second = self.tried.len().is_multiple_of(2);
        let special = self.every_second.as_ref().filter(|_| is_second);
        let (near, far) = tokio::io::duplex(64 * 1024);
        match special.unwrap_or(&self.manner).clone() {
            Manner::Refuses => return Err(io::ErrorKind::ConnectionRefused.into()),
            Manner::HangsUp => drop(far),
            Manner::GreetsAndHangsUp => drop(self.servers.spawn(greet(far))),
            Manner::Accepts => self.accepted.send(far).unwrap(),
            Manner::Serves(habits) => {
                let (ledger, drain) = (Arc::clone(&self.ledger), self.drain.subscribe());
                self.servers.spawn(serve(far, habits, ledger, drain));
            }
        }
        Ok(near)
    }
}

async fn greet(mut far: DuplexStream) -> Result<(), h2::Error> {
    far.write_all(&SETTINGS).await.unwrap();
    Ok(())
}

impl Service<Target> for Pipes {
    type Response = DuplexStream;
    type Error = io::Error;
    type Future = Ready<io::Result<DuplexStream>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Target) -> Self::Future {
        ready(self.0.lock().unwrap().connect())
    }
}

/// Pauses without jitter.
pub(crate) fn steady() -> Backoff {
    Backoff::new().jitter(0.0)
}

/// A channel to a port that served once, and now is of this manner.
pub(crate) async fn once_served(manner: Manner) -> (Port, Channel) {
    let port = Port::serving();
    let channel = port.builder().backoff(steady()).connect_lazy();
    soon(call(&client(&channel), 0)).await.unwrap();
    port.set(manner);
    port.cut();
    let mut states = channel.states();
    while states.current() == State::Ready {
        soon(states.changed()).await;
    }
    sleep(Duration::from_secs(1)).await;
    (port, channel)
}
