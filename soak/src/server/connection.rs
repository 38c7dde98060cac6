use std::sync::Arc;

use bytes::Bytes;
use fastrand::Rng;
use h2::{
    Reason, RecvStream,
    server::{Builder, Connection, SendResponse},
};
use http::Request;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    answer::{answer, id},
    cut::Cut,
    habits::{Age, Habits},
};
use crate::Ledger;

/// How far a connection is in its life.
enum Phase {
    /// It serves, until this instant if there is one.
    Serving(Option<Instant>),
    /// The client was asked to leave, and has time until then.
    Leaving(Instant),
}

/// Serves one client until it leaves, or until the habits end the connection.
///
/// When `drain` changes, or its sender is gone, the client is asked to leave.
///
/// # Errors
///
/// What ends the connection in bad order.
pub async fn serve<IO>(
    io: IO,
    habits: Habits,
    ledger: Arc<Ledger>,
    mut drain: watch::Receiver<()>,
) -> Result<(), h2::Error>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut builder = Builder::new();
    // What a client gives up is no attack here.
    builder
        .max_local_error_reset_streams(None)
        .max_pending_accept_reset_streams(usize::MAX);
    if let Some(streams) = habits.streams {
        builder.max_concurrent_streams(streams);
    }
    let mut dice = Rng::with_seed(habits.seed);
    let io = Cut::after(habits.allowance(&mut dice), io);
    let connection = builder.handshake(io).await?;
    let phase = Phase::new(&habits, &mut dice);
    let most = match habits.age {
        Age::Endless | Age::Time(_) => None,
        Age::Calls(count) => Some(count),
    };
    let mut served = Served {
        connection,
        habits,
        ledger,
        dice,
        begun: 0,
        most,
        phase,
        calls: JoinSet::new(),
    };
    loop {
        let end = served.phase.end();
        tokio::select! {
            accepted = served.connection.accept() => match accepted {
                Some(accepted) => served.take(accepted?),
                None => return Ok(()),
            },
            () = until(end) => if served.grow_old() { return Ok(()) },
            _ = drain.changed(), if served.phase.is_serving() => served.send_away(),
        }
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

impl Phase {
    fn new(habits: &Habits, dice: &mut Rng) -> Self {
        Self::Serving(match habits.age {
            Age::Time(age) => Some(Instant::now() + age.mul_f64(0.9 + dice.f64() / 5.0)),
            Age::Endless | Age::Calls(_) => None,
        })
    }

    fn end(&self) -> Option<Instant> {
        match self {
            Self::Serving(end) => *end,
            Self::Leaving(end) => Some(*end),
        }
    }

    fn is_serving(&self) -> bool {
        matches!(self, Self::Serving(_))
    }
}

/// A connection, and the calls of it that run.
struct Served<IO> {
    connection: Connection<Cut<IO>, Bytes>,
    habits: Habits,
    ledger: Arc<Ledger>,
    dice: Rng,
    begun: u32,
    /// How many calls are begun before the client is sent away.
    most: Option<u32>,
    phase: Phase,
    calls: JoinSet<Result<(), h2::Error>>,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Served<IO> {
    fn take(&mut self, (request, mut respond): (Request<RecvStream>, SendResponse<Bytes>)) {
        let id = id(&request);
        if self.habits.refuses(id, &self.ledger, &mut self.dice) {
            self.ledger.refuse(id);
            respond.send_reset(Reason::REFUSED_STREAM);
            return;
        }
        self.ledger.begin(id);
        while self.calls.try_join_next().is_some() {}
        let habits = self.habits.clone();
        self.calls.spawn(answer(request, respond, habits));
        self.begun += 1;
        if self.most == Some(self.begun) {
            self.send_away();
        }
    }

    /// The time of its phase is over. Tells whether this is its end.
    fn grow_old(&mut self) -> bool {
        let is_over = !self.phase.is_serving();
        self.send_away();
        is_over
    }

    fn send_away(&mut self) {
        self.connection.graceful_shutdown();
        self.phase = Phase::Leaving(Instant::now() + self.habits.grace);
    }
}
