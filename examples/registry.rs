//! Balances calls over the servers of a registry of one's own.
//!
//! The registry stands for etcd, Consul or a table in a database: it says who has come and who has gone. Ten lines make a
//! resolver of that. One sees calls shared by two machines, a third one that has its share as soon as it is registered, and
//! a first one that has none after it has left.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    error::Error,
    net::SocketAddr,
};

use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::UnboundedReceiverStream};
use tower::discover::Change;
use ziggurat::{
    Channel, Peer,
    balance::{Discovered, Resolver, RoundRobin},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::{Machine, serve},
};

/// What the registry tells.
enum Event {
    Came { id: u32, address: SocketAddr },
    Went { id: u32 },
}

/// These are the ten lines.
fn resolver(events: mpsc::UnboundedReceiver<Event>) -> impl Resolver {
    let changes = UnboundedReceiverStream::new(events).map(|event| {
        Ok::<_, Infallible>(match event {
            Event::Came { id, address } => Change::Insert(id, address),
            Event::Went { id } => Change::Remove(id),
        })
    });
    Discovered::new(changes).named("the registry of machines")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let machines = [
        serve(Machine).await?,
        serve(Machine).await?,
        serve(Machine).await?,
    ];
    let [first, second, third] = machines.map(|(address, _)| address);
    let (registry, events) = mpsc::unbounded_channel();
    // The host is what the servers are called: their `:authority`, and the name in their certificates under https.
    let channel = Channel::builder("http://cafe")?
        .resolver(resolver(events))
        .balance(RoundRobin::new())
        .connect_lazy();
    let cafe = CoffeeMachineStub::new(channel);

    registry.send(Event::Came {
        id: 1,
        address: first,
    })?;
    registry.send(Event::Came {
        id: 2,
        address: second,
    })?;
    until_all_answer(&cafe, &[first, second]).await?;
    println!("Two machines   {:?}", shares(&cafe, 100).await?.values());

    registry.send(Event::Came {
        id: 3,
        address: third,
    })?;
    until_all_answer(&cafe, &[first, second, third]).await?;
    println!("A third came   {:?}", shares(&cafe, 99).await?.values());

    registry.send(Event::Went { id: 1 })?;
    until_all_answer(&cafe, &[second, third]).await?;
    println!("The first left {:?}", shares(&cafe, 100).await?.values());
    Ok(())
}

/// Calls until the machines that answer are these: the channel hears of a change while it goes on.
async fn until_all_answer(
    cafe: &CoffeeMachineStub,
    machines: &[SocketAddr],
) -> Result<(), Box<dyn Error>> {
    let expected: BTreeSet<_> = machines.iter().collect();
    while !shares(cafe, 12).await?.keys().eq(expected.iter().copied()) {}
    Ok(())
}

/// How many of so many calls each machine has answered.
async fn shares(
    cafe: &CoffeeMachineStub,
    calls: u32,
) -> Result<BTreeMap<SocketAddr, u32>, Box<dyn Error>> {
    let mut shares = BTreeMap::new();
    for _ in 0..calls {
        let coffee = cafe.make_latte(LatteOrder::default()).send().await?;
        let machine = coffee.peer().and_then(Peer::remote_addr);
        *shares.entry(machine.ok_or("who was it?")?).or_default() += 1;
    }
    Ok(shares)
}
