//! What a call allocates on its client's thread, connection included, as exact numbers.
//!
//! Each is both the least and the median of three hundred warm calls: the few above are reads that the network cut in two.
//!
//! | every call | |
//! |---|--:|
//! | header maps of request, headers and trailers, two each | 6 |
//! | path and authority, copied by h2 | 2 |
//! | the seam to hyper: call, reply channel, boxed future | 3 |
//! | what is kept to send it again: headers, the message shared | 2 |
//!
//! | besides | |
//! |---|--:|
//! | a message of the request | 1 |
//! | hyper's pipe for what one poll does not send whole: two channels | 2 |
//! | a timeout: context, header, timer | 3 |
//! | a stream's state: engine, what it is until headers come, watch | 3 |
//! | a layer between stub and channel: the peer among the answer's extensions | 3 |

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

/// Everything above but timeout, stream and layer: 13 + 1 + 2.
const UNARY: u64 = 16;
/// A unary call whose answer any layer may look at: a map of extensions, its table, and the peer in it.
const UNARY_BELOW_A_LAYER: u64 = UNARY + 3;
/// A unary call, and its timeout.
const UNARY_WITH_TIMEOUT: u64 = UNARY + 3;
/// A unary call, and its metadata: value and name, and the headers as they are kept to be sent again.
const UNARY_WITH_METADATA: u64 = UNARY + 4;
/// A server stream without messages: a unary call, and the stream's state.
const STREAM: u64 = UNARY + 3;
/// A message of a server stream: nothing but the name in it.
const STREAMED_MESSAGE: u64 = 1;
/// One line to the server and its echo back, on an open chat: the line as it is sent.
const PING_PONG: u64 = 1;

use std::{sync::mpsc, thread, time::Duration};

use allocation_counter::measure;
use http::Response;
use tokio::runtime::{Builder, Runtime};
use tonic::transport::{Server, server::TcpIncoming};
use tower::ServiceBuilder;
use ziggurat::{Channel, channel::ResponseBody};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, Filter, LatteOrder, Line},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

/// A client on this thread, of a server on another.
struct Client {
    runtime: Runtime,
    channel: Channel,
    cafe: CoffeeMachineStub,
}

impl Client {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let channel = Channel::builder(&serve()).unwrap().connect_lazy();
        let cafe = CoffeeMachineStub::new(channel.clone());
        Self {
            runtime,
            channel,
            cafe,
        }
    }

    #[track_caller]
    fn assert_costs(&self, expected: u64, mut call: impl AsyncFnMut(&CoffeeMachineStub)) {
        const CALLS: usize = 300;
        let mut count = || measure(|| self.runtime.block_on(call(&self.cafe))).count_total;
        for _warm in 0..CALLS {
            count();
        }
        let mut counts: Vec<_> = (0..CALLS).map(|_| count()).collect();
        counts.sort_unstable();
        let (least, median) = (counts[0], counts[CALLS / 2]);
        assert_eq!((least, median), (expected, expected), "{counts:?}");
    }
}

/// Starts tonic's server on a thread of its own, which ends with the process; gives its target.
fn serve() -> String {
    let (sender, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            // Or each call waits for the client to acknowledge its headers.
            let incoming = incoming.with_nodelay(Some(true));
            sender.send(incoming.local_addr().unwrap()).unwrap();
            let machine = CoffeeMachineServer::new(Machine);
            let server = Server::builder().add_service(machine);
            server.serve_with_incoming(incoming).await.unwrap();
        });
    });
    format!("http://{}", address.recv().unwrap())
}

/// Owns nothing, and is more than eight bytes long: the buffer of a shorter one would be rounded up, and then shared.
fn order() -> LatteOrder {
    LatteOrder {
        sugar: -1,
        name: String::new(),
    }
}

#[test]
fn a_unary_call() {
    Client::new().assert_costs(UNARY, async |cafe| {
        cafe.make_latte(order()).await.unwrap();
    });
}

#[test]
fn a_unary_call_with_a_timeout() {
    Client::new().assert_costs(UNARY_WITH_TIMEOUT, async |cafe| {
        let call = cafe.make_latte(order()).timeout(Duration::from_secs(60));
        call.await.unwrap();
    });
}

#[test]
fn a_unary_call_below_a_layer() {
    let client = Client::new();
    let channel = client.channel.clone();
    let look = |answer: Response<ResponseBody>| answer;
    let cafe = CoffeeMachineStub::new(ServiceBuilder::new().map_response(look).service(channel));
    client.assert_costs(UNARY_BELOW_A_LAYER, async |_| {
        cafe.make_latte(order()).await.unwrap();
    });
}

#[test]
fn a_unary_call_with_metadata() {
    Client::new().assert_costs(UNARY_WITH_METADATA, async |cafe| {
        let call = cafe.make_latte(order()).metadata("x-tenant", "acme");
        call.await.unwrap();
    });
}

async fn watch(cafe: &CoffeeMachineStub, filter: Filter) {
    let mut orders = cafe.watch(filter).await.unwrap();
    while orders.recv().await.unwrap().is_some() {}
}

#[test]
fn a_server_stream() {
    let size = u32::MAX; // of messages that never come; of a request of more than eight bytes
    Client::new().assert_costs(STREAM, async |cafe| {
        watch(cafe, Filter { count: 0, size }).await;
    });
}

#[test]
fn a_streamed_message() {
    let count = 200;
    let expected = STREAM + STREAMED_MESSAGE * u64::from(count);
    Client::new().assert_costs(expected, async |cafe| {
        watch(cafe, Filter { count, size: 0 }).await;
    });
}

#[test]
fn a_line_and_its_echo() {
    let client = Client::new();
    let mut call = client.cafe.open().chat();
    client.assert_costs(PING_PONG, async |_| {
        call.send(Line::default()).await.unwrap();
        call.recv().await.unwrap();
    });
}
