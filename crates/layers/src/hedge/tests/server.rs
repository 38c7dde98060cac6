//! A service that answers each attempt as it is told, and tells what it saw.

use std::{
    collections::VecDeque,
    io, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response};
use tokio::time::{self, Instant};
use tower::Service;
use ziggurat_protocol::Body;

use crate::{
    context::CallContext,
    scripted::{Scripted, Step, answer},
};

/// Its clones are one server.
#[derive(Clone, Default)]
pub(super) struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    words: VecDeque<Word>,
    seen: Vec<Seen>,
    is_unready: bool,
}

/// How an attempt is answered, and after how many milliseconds.
pub(super) struct Word {
    after: Option<u64>,
    how: How,
}

enum How {
    /// With the number of the attempt in `x-attempt`.
    Answers(Response<Scripted>),
    Fails,
    Panics,
}

/// One attempt.
struct Seen {
    at: Instant,
    previous: Option<String>,
    /// Taken out by tests that read it.
    request: Request<Body>,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Answered,
    Cancelled(Instant),
}

/// Reads what a script says of one attempt: `50 14 after 7`, `0 headers`, `20 ok`, `never`, `0 error`, `0 panic`.
pub(super) fn word(text: &str) -> Word {
    let (after, how) = text.split_once(' ').unwrap_or((text, "headers"));
    let how = match how.split_once(' ').unwrap_or((how, "")) {
        ("headers", _) => How::Answers(answer(&[], [Step::Data("latte"), ok()])),
        ("ok", _) => How::Answers(answer(&[("grpc-status", "0")], [Step::End])),
        ("error", _) => How::Fails,
        ("panic", _) => How::Panics,
        (number, pushback) => How::Answers(failure(number, pushback)),
    };
    let after = after.parse().ok();
    Word { after, how }
}

fn ok() -> Step {
    Step::Trailers(&[("grpc-status", "0")])
}

/// Trailers-Only.
fn failure(number: &str, pushback: &str) -> Response<Scripted> {
    let mut failed = answer(&[("grpc-message", "told")], [Step::End]);
    let value = |text: &str| HeaderValue::from_str(text).unwrap();
    failed.headers_mut().insert("grpc-status", value(number));
    let pushback = pushback.strip_prefix("after ").unwrap_or(pushback);
    if !pushback.is_empty() {
        let name = "grpc-retry-pushback-ms";
        failed.headers_mut().insert(name, value(pushback));
    }
    failed
}

impl Server {
    /// Attempts beyond those that are told of are never answered.
    pub(super) fn new(words: &[&str]) -> Self {
        let server = Self::default();
        server.lock().words = words.iter().map(|text| word(text)).collect();
        server
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets those who come wait, or not.
    pub(super) fn ready(&self, is_ready: bool) {
        self.lock().is_unready = !is_ready;
    }

    pub(super) fn attempts(&self) -> usize {
        self.lock().seen.len()
    }

    /// Of each attempt when it came, in milliseconds since the first, how many it said there were before, and its fate.
    pub(super) fn saw(&self) -> Vec<String> {
        let state = self.lock();
        let first = state.seen.first().map(|seen| seen.at);
        let since = |at: Instant| (at - first.unwrap()).as_millis();
        let line = |seen: &Seen| {
            let previous = seen.previous.as_deref().unwrap_or("-");
            let fate = match seen.fate {
                Fate::Open => "open".to_owned(),
                Fate::Answered => "answered".to_owned(),
                Fate::Cancelled(at) => format!("cancelled {}", since(at)),
            };
            format!("{} {previous} {fate}", since(seen.at))
        };
        state.seen.iter().map(line).collect()
    }

    /// The body that an attempt sent.
    pub(super) fn body(&self, attempt: usize) -> Body {
        mem::take(self.lock().seen[attempt].request.body_mut())
    }

    /// What an attempt says to floors further in.
    pub(super) fn context(&self, attempt: usize) -> CallContext {
        CallContext::of(&self.lock().seen[attempt].request).unwrap()
    }
}

/// What becomes of an attempt: cancelled, unless it is answered.
struct Attempt {
    server: Server,
    number: usize,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let fate = &mut self.server.lock().seen[self.number].fate;
        if *fate == Fate::Open {
            *fate = Fate::Cancelled(Instant::now());
        }
    }
}

type Answered = Pin<Box<dyn Future<Output = io::Result<Response<Scripted>>> + Send>>;

impl Service<Request<Body>> for Server {
    type Response = Response<Scripted>;
    type Error = io::Error;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lock().is_unready {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answered {
        let mut state = self.lock();
        let number = state.seen.len();
        let previous = request.headers().get("grpc-previous-rpc-attempts");
        state.seen.push(Seen {
            at: Instant::now(),
            previous: previous.map(|value| value.to_str().unwrap().to_owned()),
            request,
            fate: Fate::Open,
        });
        let Word { after, how } = state.words.pop_front().unwrap_or_else(|| word("never"));
        let server = self.clone();
        let attempt = Attempt { server, number };
        Box::pin(async move {
            match after {
                Some(0) => {}
                Some(after) => time::sleep(Duration::from_millis(after)).await,
                None => std::future::pending().await,
            }
            attempt.server.lock().seen[number].fate = Fate::Answered;
            match how {
                How::Panics => panic!("a bug"),
                How::Fails => Err(io::Error::other("no way")),
                How::Answers(mut answer) => {
                    answer.headers_mut().insert("x-attempt", number.into());
                    Ok(answer)
                }
            }
        })
    }
}
