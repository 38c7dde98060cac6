//! A policy of one's own: of two servers drawn at random, a call goes to the one that `tower::load` finds cheaper.
//!
//! `PeakEwma` weighs how long calls take, and how many there are. Here a call counts until its last message was read, and not
//! only until its headers are there. One of the three machines is slow, and gets few orders.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    error::Error,
    future::{Ready, ready},
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{Router, extract::Request, middleware, middleware::Next};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tower::Service;
use tower::load::{
    Load, PeakEwma,
    completion::TrackCompletion,
    peak_ewma::{Cost, Handle},
};
use ziggurat::{
    Channel, Peer,
    balance::{
        Fixed,
        policy::{Call, Key, Observer, Outlook, Pick, Picker, Policy, State, Subchannel, Turn},
    },
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

/// The policy. Its measures go on over all turns; a server that is gone is forgotten.
#[derive(Default)]
struct Cheaper(Arc<Measures>);

#[derive(Default)]
struct Measures(Mutex<HashMap<Key, Measure>>);

type Measure = PeakEwma<Nothing, UntilDropped>;

impl Policy for Cheaper {
    fn name(&self) -> &'static str {
        "cheaper"
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        for server in turn.subchannels() {
            if server.state() == State::Idle {
                turn.connect(server.key());
            }
        }
        let servers = turn.subchannels().iter();
        let ready = servers.filter(|server| server.state() == State::Ready);
        let ready: Vec<_> = ready.map(Subchannel::key).collect();
        if ready.is_empty() {
            return turn.unready();
        }
        self.0.keep(&ready);
        let measures = self.0.clone();
        Outlook::ready(Arc::new(OfTwo { measures, ready }))
    }

    fn observes(&self) -> bool {
        true
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        Some(self.0.clone())
    }
}

struct OfTwo {
    measures: Arc<Measures>,
    ready: Vec<Key>,
}

impl Picker for OfTwo {
    fn pick(&self, _: &Call<'_>) -> Pick {
        let [one, other] = [(); 2].map(|()| self.ready[fastrand::usize(..self.ready.len())]);
        let costs = [one, other].map(|key| self.measures.cost(key));
        Pick::Use(if costs[0] <= costs[1] { one } else { other })
    }
}

impl Measures {
    /// A new server is taken for one that answers within a millisecond: less, and it had all calls at first.
    fn keep(&self, ready: &[Key]) {
        let mut measures = self.0.lock().expect("nobody panics with it");
        measures.retain(|key, _| ready.contains(key));
        for key in ready {
            let decay = 10e9; // ten seconds, in nanoseconds
            let new = || PeakEwma::new(Nothing, Duration::from_millis(1), decay, UntilDropped);
            measures.entry(*key).or_insert_with(new);
        }
    }

    fn cost(&self, key: Key) -> Option<Cost> {
        let measures = self.0.lock().expect("nobody panics with it");
        measures.get(&key).map(Load::load)
    }
}

impl Observer for Measures {
    /// The handle counts as one call, and takes its time when it is dropped: that is done where the call ends.
    fn began(&self, key: Key) -> Option<Box<dyn Any + Send>> {
        let mut measures = self.0.lock().expect("nobody panics with it");
        let call = pin!(measures.get_mut(&key)?.call(()));
        match call.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(handle)) => Some(Box::new(handle)),
            _ => None,
        }
    }

    fn ended(&self, _: Key, _: bool) {}
}

/// What is measured is elsewhere.
struct Nothing;

impl Service<()> for Nothing {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

/// Gives the handle away.
#[derive(Clone)]
struct UntilDropped;

impl TrackCompletion<Handle, ()> for UntilDropped {
    type Output = Handle;

    fn track_completion(&self, handle: Handle, (): ()) -> Handle {
        handle
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let machines = [serve(0).await?, serve(0).await?, serve(50).await?];
    let channel = Channel::builder("http://cafe.kitchen")?
        .resolver(Fixed::new(machines)?)
        .balance(Cheaper::default())
        .connect_lazy();
    let cafe = CoffeeMachineStub::new(channel);

    let mut made = BTreeMap::new();
    for _ in 0..200 {
        let response = cafe.make_latte(LatteOrder::default()).send().await?;
        let machine = response.peer().and_then(Peer::remote_addr);
        *made.entry(machine).or_insert(0) += 1;
    }
    for machine in machines {
        println!(
            "{machine} made {} lattes",
            made.get(&Some(machine)).unwrap_or(&0)
        );
    }
    println!("The last one needs 50 ms for each.");
    Ok(())
}

/// Serves a machine that takes its time, in milliseconds.
async fn serve(delay: u64) -> Result<SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let wait = move |request: Request, next: Next| async move {
        tokio::time::sleep(Duration::from_millis(delay)).await;
        next.run(request).await
    };
    let machine = Routes::new(CoffeeMachineServer::new(Machine)).into_axum_router();
    let router: Router = machine.layer(middleware::from_fn(wait));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
