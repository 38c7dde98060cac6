//! The server of a script.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    task::AbortHandle,
    time::{Instant, sleep_until},
};
use ziggurat_testing::peer::{Connection, PeerError, Reason, Request};

use crate::{Answer, Does};

/// A call of this path is no attempt of the script: it shows the client that the connection serves calls, and is to be made
/// first, for no client hurries to replace one that never did.
pub const WARM_UP: &str = "/attempts.Service/WarmUp";

/// An attempt, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// In milliseconds since the server began.
    pub at: u128,
    /// What its header says of those before it.
    pub previous: Option<String>,
    /// Its `grpc-timeout`.
    pub timeout: Option<String>,
}

/// Plays a script on all connections that it is given; ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    part: Arc<Part>,
    connections: Vec<AbortHandle>,
}

/// What all connections have in common.
#[derive(Debug)]
struct Part {
    begun: Instant,
    answers: &'static [Answer],
    seen: Mutex<Vec<Seen>>,
}

impl Server {
    /// Begins a script.
    pub fn new(answers: &'static [Answer]) -> Self {
        let part = Part {
            begun: Instant::now(),
            answers,
            seen: Mutex::default(),
        };
        Self {
            part: Arc::new(part),
            connections: Vec::new(),
        }
    }

    /// One more connection of the client.
    pub fn serve(&mut self, connection: Connection) {
        let part = Arc::clone(&self.part);
        // A client may leave whenever it likes.
        let serving = tokio::spawn(async move { part.serve(connection).await.ok() });
        self.connections.push(serving.abort_handle());
    }

    /// What came so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.part.seen().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for connection in &self.connections {
            connection.abort();
        }
    }
}

impl Part {
    async fn serve(&self, mut connection: Connection) -> Result<(), PeerError> {
        // What is to be done, and when.
        let mut due: Vec<(Instant, u32, Does)> = Vec::new();
        loop {
            let next = due.iter().map(|(at, ..)| *at).min();
            let wait = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                request = connection.request() => {
                    let request = request?;
                    let answer = self.see(&request);
                    due.push((Instant::now() + answer.after(), request.stream, answer.does));
                }
                () = wait => {
                    let now = Instant::now();
                    for (_, stream, does) in due.extract_if(.., |(at, ..)| *at <= now) {
                        act(&connection, stream, does).await?;
                    }
                }
            }
        }
    }

    /// Notes an attempt; tells what becomes of it.
    fn see(&self, request: &Request) -> Answer {
        if request.fields.get(":path") == Some(WARM_UP) {
            return Answer::new(0, Does::Serves);
        }
        let mut seen = self.seen();
        let field = |name| request.fields.get(name).map(str::to_owned);
        seen.push(Seen {
            at: self.begun.elapsed().as_millis(),
            previous: field("grpc-previous-rpc-attempts"),
            timeout: field("grpc-timeout"),
        });
        let silence = Answer::new(0, Does::Nothing);
        self.answers.get(seen.len() - 1).copied().unwrap_or(silence)
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().expect("nobody panics with it")
    }
}

async fn act(connection: &Connection, stream: u32, does: Does) -> Result<(), PeerError> {
    match does {
        Does::Nothing => Ok(()),
        Does::Serves => connection.respond_ok(stream, [""]).await,
        Does::ServesBytes(count) => connection.respond_ok(stream, [vec![0; count]]).await,
        Does::Begins => connection.grpc_headers(stream).await,
        Does::Fails(code) => {
            connection
                .respond_status(stream, code.number(), "told")
                .await
        }
        Does::PushesBack(code, millis) => {
            let number = code.number().to_string();
            let mut fields = vec![
                (":status", "200"),
                ("content-type", "application/grpc"),
                ("grpc-status", &number),
            ];
            fields.extend(
                millis
                    .iter()
                    .map(|millis| ("grpc-retry-pushback-ms", *millis)),
            );
            connection.trailers(stream, &*fields).await
        }
        Does::FailsAfterHeaders(code) => {
            connection.grpc_headers(stream).await?;
            let number = code.number().to_string();
            connection
                .trailers(stream, [("grpc-status", &*number)])
                .await
        }
        Does::FailsAsHttp(status) => {
            let status = status.to_string();
            connection.trailers(stream, [(":status", &*status)]).await
        }
        Does::Resets(code) => connection.reset(stream, Reason(code)).await,
        Does::GoesAwayBefore => {
            let last = stream.saturating_sub(2);
            connection.go_away(last, Reason::NO_ERROR, "").await
        }
        Does::HangsUp => connection.hang_up().await,
    }
}
