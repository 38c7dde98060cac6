//! tonic's servers, with its health service: what they say of themselves is what a channel heeds.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::DuplexStream,
    sync::mpsc::{self, UnboundedSender},
    time::sleep,
};
use tokio_stream::{StreamExt, wrappers::UnboundedReceiverStream};
use tonic::transport::Server;
use tonic_health::{
    ServingStatus as Says,
    server::{HealthReporter, health_reporter},
};
use tower::service_fn;
use ziggurat::{
    Channel, Code,
    balance::{Fixed, RoundRobin},
    channel::{Bare, Builder, Connect, Place, Target},
    health::{Health, ServingStatus},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

use crate::town::{endpoints, settle, soon};

const SERVICE: &str = "cafe.v1.CoffeeMachine";

/// A server of coffee that knows how it is.
struct Cafe {
    /// The way to it.
    pipes: UnboundedSender<DuplexStream>,
    reporter: HealthReporter,
    /// How many coffees it was asked for.
    orders: Arc<AtomicUsize>,
}

impl Cafe {
    fn open() -> Self {
        let (pipes, accepted) = mpsc::unbounded_channel();
        let (reporter, health) = health_reporter();
        let orders = Arc::<AtomicUsize>::default();
        let counted = orders.clone();
        let machine = CoffeeMachineServer::with_interceptor(Machine, move |request| {
            counted.fetch_add(1, Relaxed);
            Ok(request)
        });
        let accepted = UnboundedReceiverStream::new(accepted).map(Ok::<_, io::Error>);
        let router = Server::builder().add_service(health).add_service(machine);
        tokio::spawn(router.serve_with_incoming(accepted));
        Self {
            pipes,
            reporter,
            orders,
        }
    }

    async fn says(&self, status: Says) {
        self.reporter.set_service_status(SERVICE, status).await;
        settle().await;
    }

    /// How many it was asked for since this was asked last.
    fn orders(&self) -> usize {
        self.orders.swap(0, Relaxed)
    }
}

/// A channel to these servers, by the ports of their addresses.
fn builder(cafes: &[Cafe]) -> Builder<impl Connect> {
    let pipes: Vec<_> = cafes.iter().map(|cafe| cafe.pipes.clone()).collect();
    let connector = service_fn(move |target: Target| {
        let Place::Tcp { port, .. } = target.place() else {
            panic!("{target}");
        };
        let (near, far) = tokio::io::duplex(64 * 1024);
        let sent = pipes[usize::from(port) - 1].send(far);
        let gone = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
        std::future::ready(sent.map(|()| Bare(near)).map_err(gone))
    });
    Channel::builder("http://10.0.0.1:1")
        .unwrap()
        .connector(connector)
}

fn order() -> LatteOrder {
    LatteOrder {
        name: "Ada".into(),
        ..LatteOrder::default()
    }
}

#[tokio::test(start_paused = true)]
async fn servers_of_tonic_have_calls_as_long_as_they_say_so() {
    // G-66
    let cafes = [Cafe::open(), Cafe::open()];
    for cafe in &cafes {
        cafe.says(Says::Serving).await;
    }
    let channel = builder(&cafes)
        .resolver(Fixed::new(endpoints([1, 2])).unwrap())
        .balance(RoundRobin::new())
        .health_check(SERVICE)
        .connect_lazy();
    let stub = CoffeeMachineStub::new(channel.clone());
    soon(channel.connect()).await.unwrap();
    sleep(Duration::from_millis(10)).await;
    let orders = async || {
        for _ in 0..4 {
            soon(stub.make_latte(order())).await.unwrap();
        }
        [cafes[0].orders(), cafes[1].orders()]
    };
    assert_eq!(orders().await, [2, 2]);
    cafes[0].says(Says::NotServing).await;
    assert_eq!(orders().await, [0, 4]);
    cafes[1].says(Says::Unknown).await;
    let status = soon(stub.make_latte(order())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let says = "is not healthy: its health service says ";
    assert!(status.message().contains(says), "{status}");
    cafes[0].says(Says::Serving).await;
    assert_eq!(orders().await, [4, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_tonic_does_not_know_yet_is_asked_for_again() {
    // G-66: it answers NOT_FOUND
    let cafes = [Cafe::open()];
    let channel = builder(&cafes)
        .resolver(Fixed::new(endpoints([1])).unwrap())
        .balance(RoundRobin::new())
        .health_check(SERVICE)
        .connect_lazy();
    let stub = CoffeeMachineStub::new(channel);
    let status = soon(stub.make_latte(order())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let why = "is not healthy: asking its health service failed: NOT_FOUND";
    assert!(status.message().contains(why), "{status}");
    cafes[0].says(Says::Serving).await;
    let coffee = soon(stub.make_latte(order()).wait_for_ready(true)).await;
    assert_eq!(coffee.unwrap().name, "Ada");
}

#[tokio::test(start_paused = true)]
async fn the_client_asks_once_or_goes_on_listening() {
    let cafes = [Cafe::open()];
    let health = Health::new(builder(&cafes).connect_lazy());
    let overall = soon(health.check("")).await.unwrap();
    assert_eq!(overall.status(), ServingStatus::Serving);
    let unknown = soon(health.check(SERVICE)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);

    cafes[0].says(Says::NotServing).await;
    let known = soon(health.check(SERVICE)).await.unwrap();
    assert_eq!(known.status(), ServingStatus::NotServing);
    let mut answers = soon(health.watch(SERVICE)).await.unwrap();
    let first = soon(answers.recv()).await.unwrap();
    assert_eq!(first.unwrap().status(), ServingStatus::NotServing);
    for (says, told) in [
        (Says::Serving, ServingStatus::Serving),
        (Says::Unknown, ServingStatus::Unknown),
    ] {
        cafes[0].says(says).await;
        let answer = soon(answers.recv()).await.unwrap();
        assert_eq!(answer.unwrap().status(), told);
    }
}
