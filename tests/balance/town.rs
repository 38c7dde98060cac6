//! Many servers in one process: each at an address of its own, reached over pipes, so that no test needs real time.
//!
//! Each is h2's server, and answers every call with its code at once, as it is told to.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::TcpListener,
    sync::{mpsc, watch},
};
use tower::{Service, ServiceExt};
use ziggurat::{
    Channel,
    balance::Endpoint,
    channel::{Bare, Place, Target},
    layers::context::CallContext,
    protocol::{Body, Code, Outcome, response},
};

use crate::watches::{self, Watches};

/// The servers, by the last number of their address.
#[derive(Clone, Default)]
pub(crate) struct Town(Arc<Mutex<HashMap<u16, House>>>);

/// One server.
struct House {
    does: watch::Sender<Does>,
    calls: usize,
    /// What the calls were named, in the order in which they came.
    names: Vec<String>,
    connections: usize,
    attempts: usize,
    /// How many calls it takes at the same time.
    streams: u32,
    /// Who has the other end of what comes to it, if it is no server.
    script: Option<mpsc::UnboundedSender<DuplexStream>>,
    /// What it says of its health, and who has asked.
    watches: Watches,
}

/// What a server does with what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Each call has this code, and so have those that had no answer until now.
    Answer(Code),
    /// Each call has a message first, and this code in its trailers.
    Stream(Code),
    /// Calls have no answer for now.
    Nothing,
    /// Each call's stream is reset with REFUSED_STREAM.
    Refuse,
    /// Connections that are there are ended by GOAWAY, and no other is accepted.
    Drain,
    /// Nobody is there; connections that were are gone.
    Dead,
    /// Connections that are there are served, and no other is accepted.
    Closed,
    /// Connections are neither accepted nor refused, and those that are there fall silent.
    Hang,
}

impl Town {
    /// A town with these servers, each of which answers.
    pub(crate) fn of(numbers: impl IntoIterator<Item = u16>) -> Self {
        let town = Self::default();
        for number in numbers {
            town.tell(number, Does::Answer(Code::Ok));
        }
        town
    }

    fn houses(&self) -> MutexGuard<'_, HashMap<u16, House>> {
        self.0.lock().unwrap()
    }

    /// What this server does from now on.
    pub(crate) fn tell(&self, number: u16, does: Does) {
        let mut houses = self.houses();
        let house = houses.entry(number).or_insert_with(|| House {
            does: watch::Sender::new(does),
            calls: 0,
            names: Vec::new(),
            connections: 0,
            attempts: 0,
            streams: 100,
            script: None,
            watches: Watches::default(),
        });
        house.does.send_replace(does);
    }

    /// Connections that come to it take one call at a time.
    pub(crate) fn narrow(&self, number: u16) {
        self.houses().get_mut(&number).unwrap().streams = 1;
    }

    /// The other ends of the connections that come to it from now on; nobody else serves them.
    pub(crate) fn script(&self, number: u16) -> mpsc::UnboundedReceiver<DuplexStream> {
        let (sender, pipes) = mpsc::unbounded_channel();
        self.houses().get_mut(&number).unwrap().script = Some(sender);
        pipes
    }

    /// What all of these do from now on.
    pub(crate) fn all<const N: usize>(&self, numbers: [u16; N], does: Does) {
        for number in numbers {
            self.tell(number, does);
        }
    }

    /// Lets this server listen at an address of this machine, which it is known by there alone.
    pub(crate) async fn listen(&self, number: u16) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let town = self.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let does = town.houses()[&number].does.subscribe();
                tokio::spawn(town.clone().serve(number, stream, does));
            }
        });
        address
    }

    /// How many calls have come to each of these since it was asked last.
    pub(crate) fn calls<const N: usize>(&self, numbers: [u16; N]) -> [usize; N] {
        let mut houses = self.houses();
        numbers.map(|number| {
            let house = houses.get_mut(&number);
            house.map_or(0, |house| std::mem::take(&mut house.calls))
        })
    }

    /// How many connections each of these has.
    pub(crate) fn connections<const N: usize>(&self, numbers: [u16; N]) -> [usize; N] {
        let houses = self.houses();
        numbers.map(|number| houses.get(&number).map_or(0, |house| house.connections))
    }

    /// What the calls were named that have come to it since it was asked last, in their order.
    pub(crate) fn names(&self, number: u16) -> Vec<String> {
        std::mem::take(&mut self.houses().get_mut(&number).unwrap().names)
    }

    /// What this server says of its health, and who has asked.
    pub(crate) fn watches(&self, number: u16) -> Watches {
        self.houses()[&number].watches.clone()
    }

    /// How often somebody tried to connect to it.
    pub(crate) fn attempts(&self, number: u16) -> usize {
        self.houses()[&number].attempts
    }

    /// Serves a connection as this server.
    pub(crate) async fn serve(
        self,
        number: u16,
        pipe: impl AsyncRead + AsyncWrite + Unpin,
        mut does: watch::Receiver<Does>,
    ) {
        let mut builder = h2::server::Builder::new();
        builder.max_concurrent_streams(self.houses()[&number].streams);
        let Ok(mut connection) = builder.handshake(pipe).await else {
            return;
        };
        self.houses().get_mut(&number).unwrap().connections += 1;
        let mut kept = Vec::new();
        loop {
            let call = tokio::select! {
                biased;
                changed = does.changed() => {
                    let told = *does.borrow_and_update();
                    match told {
                        Does::Dead => break,
                        Does::Drain => connection.graceful_shutdown(),
                        Does::Answer(code) => {
                            kept.drain(..).for_each(|respond| answer(respond, number, code));
                        }
                        // Who does not poll it reads nothing, and sends nothing.
                        Does::Hang => drop(does.wait_for(|does| *does != Does::Hang).await),
                        _ => {}
                    }
                    if changed.is_err() { break }
                    continue;
                }
                call = connection.accept() => call,
            };
            let Some(Ok((request, mut respond))) = call else {
                break;
            };
            if request.uri().path() == watches::PATH {
                let watches = self.watches(number);
                tokio::spawn(watches.answer(request, respond));
                continue;
            }
            self.houses().get_mut(&number).unwrap().note(&request);
            let told = *does.borrow();
            match told {
                Does::Answer(code) => answer(respond, number, code),
                Does::Stream(code) => stream(respond, number, code),
                Does::Closed => answer(respond, number, Code::Ok),
                Does::Refuse => respond.send_reset(h2::Reason::REFUSED_STREAM),
                _ => kept.push(respond),
            }
        }
        self.houses().get_mut(&number).unwrap().connections -= 1;
    }
}

impl House {
    fn note<B>(&mut self, request: &Request<B>) {
        self.calls += 1;
        let name = request.headers().get("name");
        let name = name.map(|name| name.to_str().unwrap().to_owned());
        self.names.extend(name);
    }
}

fn answer(mut respond: SendResponse<Bytes>, number: u16, code: Code) {
    let answer = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", code as i32)
        .header("server", number)
        .header("endpoint-load-metrics-bin", load(number));
    drop(respond.send_response(answer.body(()).unwrap(), true));
}

fn stream(mut respond: SendResponse<Bytes>, number: u16, code: Code) {
    let answer = Response::builder()
        .header("content-type", "application/grpc")
        .header("server", number);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", (code as i32).into());
    trailers.insert(
        "endpoint-load-metrics-bin",
        load(number).try_into().unwrap(),
    );
    let Ok(mut stream) = respond.send_response(answer.body(()).unwrap(), false) else {
        return;
    };
    let sent = stream.send_data(Bytes::from_static(&[0; 5]), false);
    drop(sent.and_then(|()| stream.send_trailers(trailers)));
}

/// What each server says of its load: that at full load it would have a hundred calls a second for each of its number.
fn load(number: u16) -> String {
    let fields = [(6_u8, f64::from(number) * 50.0), (9, 0.5)];
    let fields =
        fields.map(|(field, value)| [&[field << 3 | 1][..], &value.to_le_bytes()].concat());
    STANDARD.encode(fields.concat())
}

/// The address of a server.
pub(crate) fn address(number: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], number))
}

/// The endpoints of these servers.
pub(crate) fn endpoints(numbers: impl IntoIterator<Item = u16>) -> Vec<Endpoint> {
    let numbers = numbers.into_iter();
    numbers
        .map(|number| Endpoint::new(address(number)))
        .collect()
}

/// As a connector.
impl Service<Target> for Town {
    type Response = Bare<DuplexStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Bare<DuplexStream>>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Target) -> Self::Future {
        let Place::Tcp { port, .. } = target.place() else {
            panic!("{target}");
        };
        let town = self.clone();
        Box::pin(async move {
            let (does, script) = {
                let mut houses = town.houses();
                let house = houses
                    .get_mut(&port)
                    .ok_or(io::ErrorKind::ConnectionRefused)?;
                house.attempts += 1;
                (house.does.subscribe(), house.script.clone())
            };
            let told = *does.borrow();
            match told {
                Does::Dead | Does::Drain | Does::Closed => {
                    Err(io::ErrorKind::ConnectionRefused.into())
                }
                Does::Hang => std::future::pending().await,
                _ => {
                    let (near, far) = tokio::io::duplex(64 * 1024);
                    match script {
                        Some(script) => script.send(far).expect("the test has its other end"),
                        None => drop(tokio::spawn(town.serve(port, far, does))),
                    }
                    Ok(Bare(near))
                }
            }
        })
    }
}

/// A call that can be told from others by its name.
pub(crate) fn named(name: &str) -> Request<Body> {
    Request::post("/cafe.CoffeeMachine/MakeLatte")
        .header("content-type", "application/grpc")
        .header("name", name)
        .body(Body::from(Bytes::from_static(&[0; 5])))
        .unwrap()
}

/// The same, with this changed of its context.
pub(crate) fn with(
    mut request: Request<Body>,
    change: impl FnOnce(CallContext) -> CallContext,
) -> Request<Body> {
    CallContext::change(&mut request, change);
    request
}

/// The same, which waits for ready.
pub(crate) fn patient(request: Request<Body>) -> Request<Body> {
    with(request, |context| context.with_wait_for_ready(true))
}

/// Sends a call, and reads its answer to the end. The server that answered, or the code and the text.
pub(crate) async fn send(channel: &Channel, request: Request<Body>) -> Result<u16, (Code, String)> {
    let answer: Result<_, Infallible> = channel.clone().oneshot(request).await;
    let answer = answer.unwrap();
    let server = answer.headers().get("server");
    let server = server.and_then(|server| server.to_str().ok()?.parse().ok());
    match Outcome::of(&answer) {
        Outcome::Finished {
            result: Err(status),
            ..
        } => Err((status.code(), status.message().to_owned())),
        Outcome::Finished { .. } => Ok(server.unwrap_or_default()),
        _ => {
            let body = answer.into_body().collect().await.unwrap();
            let trailers = body.trailers().unwrap();
            match response::trailers(StatusCode::OK, trailers) {
                Ok(()) => Ok(server.unwrap_or_default()),
                Err(status) => Err((status.code(), status.message().to_owned())),
            }
        }
    }
}

/// Makes a call. The server that answered, or the code and the text.
pub(crate) async fn call(channel: &Channel) -> Result<u16, (Code, String)> {
    soon(send(channel, named("any"))).await
}

/// Makes so many calls one after the other, all of which succeed.
pub(crate) async fn calls(channel: &Channel, count: usize) {
    for _ in 0..count {
        call(channel).await.unwrap();
    }
}

/// A test that fails instead of hanging. On a paused clock it takes no time.
pub(crate) async fn soon<T>(test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(7 * 24 * 3600);
    tokio::time::timeout(limit, test).await.expect("it hangs")
}

/// Lets all others do what they can do at this moment.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}
