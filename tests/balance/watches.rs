//! The health service of a server of the town: what it says is in the test's hands, and it tells who has asked.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
};

use bytes::{BufMut, Bytes, BytesMut};
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Request, Response};
use prost::Message;
use tokio::{sync::watch, time::Instant};
use ziggurat::{
    Code,
    health::{HealthCheckRequest, HealthCheckResponse},
};

pub(crate) const PATH: &str = "/grpc.health.v1.Health/Watch";

/// What it says to those who watch, and who they are.
#[derive(Clone)]
pub(crate) struct Watches {
    says: watch::Sender<Says>,
    seen: Arc<Mutex<Seen>>,
}

/// What a server says of its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// Nothing, not even headers.
    Nothing,
    /// This number of a status.
    Status(i32),
    /// The number of a status, and then the stream ends with this code.
    Ends(i32, Code),
    /// The stream ends with this code.
    Fails(Code),
    /// Streams that are there end with UNAVAILABLE; others have the number of this status.
    Restarts(i32),
}

pub(crate) const SERVING: Says = Says::Status(1);
pub(crate) const NOT_SERVING: Says = Says::Status(2);

#[derive(Default)]
struct Seen {
    began: Vec<Instant>,
    asked: Vec<String>,
    keys: Vec<String>,
    open: usize,
}

impl Default for Watches {
    fn default() -> Self {
        Self {
            says: watch::Sender::new(Says::Nothing),
            seen: Arc::default(),
        }
    }
}

impl Watches {
    /// Says this from now on, to those who watch too.
    pub(crate) fn say(&self, says: Says) {
        self.says.send_replace(says);
    }

    /// When the watches began that came since this was asked last.
    pub(crate) fn began(&self) -> Vec<Instant> {
        std::mem::take(&mut self.seen.lock().unwrap().began)
    }

    /// For which services they asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().asked)
    }

    /// The keys that they came with.
    pub(crate) fn keys(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().keys)
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.seen.lock().unwrap().open
    }

    pub(crate) async fn answer(self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        {
            let mut seen = self.seen.lock().unwrap();
            seen.began.push(Instant::now());
            seen.open += 1;
            let key = request.headers().get("key");
            seen.keys
                .extend(key.map(|key| key.to_str().unwrap().to_owned()));
        }
        self.talk(request, respond).await;
        self.seen.lock().unwrap().open -= 1;
    }

    async fn talk(&self, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let mut says = self.says.subscribe();
        let Some(Ok(message)) = request.into_body().data().await else {
            return;
        };
        let asked = HealthCheckRequest::decode(message.slice(5..)).unwrap();
        self.seen.lock().unwrap().asked.push(asked.service);
        while *says.borrow_and_update() == Says::Nothing {
            tokio::select! {
                biased;
                _ = poll_fn(|cx| respond.poll_reset(cx)) => return,
                changed = says.changed() => if changed.is_err() { return },
            }
        }
        let head = Response::builder().header("content-type", "application/grpc");
        if let Says::Fails(code) = *says.borrow_and_update() {
            let head = head.header("grpc-status", code as i32);
            drop(respond.send_response(head.body(()).unwrap(), true));
            return;
        }
        let mut stream = respond
            .send_response(head.body(()).unwrap(), false)
            .unwrap();
        let mut has_answered = false;
        loop {
            let said = match *says.borrow_and_update() {
                Says::Restarts(status) if !has_answered => Says::Status(status),
                Says::Restarts(_) => Says::Fails(Code::Unavailable),
                said => said,
            };
            has_answered = true;
            if let Says::Status(status) | Says::Ends(status, _) = said {
                drop(stream.send_data(message_of(status), false));
            }
            if let Says::Ends(_, code) | Says::Fails(code) = said {
                let trailers = HeaderMap::from_iter([(
                    http::HeaderName::from_static("grpc-status"),
                    (code as i32).into(),
                )]);
                drop(stream.send_trailers(trailers));
                return;
            }
            tokio::select! {
                biased;
                _ = poll_fn(|cx| stream.poll_reset(cx)) => return,
                changed = says.changed() => if changed.is_err() { return },
            }
        }
    }
}

fn message_of(status: i32) -> Bytes {
    let mut says = HealthCheckResponse::default();
    says.status = status;
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(says.encoded_len().try_into().unwrap());
    says.encode(&mut framed).unwrap();
    framed.freeze()
}
