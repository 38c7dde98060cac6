//! Three coffee machines behind one name: each has its share of the orders, whichever of them come and go.
//!
//! The servers come from a registry, as a stream of lists. Any `tower::discover::Discover` will do, and for most programs the
//! addresses of a name: then there is nothing to write but `balance`.

use std::{collections::BTreeMap, error::Error, net::SocketAddr};

use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use ziggurat::{
    BoxError, Channel, Peer,
    balance::{Endpoint, RoundRobin, Updates, resolve::Resolution},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::{Machine, serve},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut machines = Vec::new();
    for _ in 0..3 {
        machines.push(serve(Machine).await?);
    }
    let addresses: Vec<_> = machines.iter().map(|(address, _)| *address).collect();

    let (registry, lists) = mpsc::unbounded_channel();
    let channel = Channel::builder("http://cafe.kitchen")?
        .resolver(Updates::new(UnboundedReceiverStream::new(lists)))
        .balance(RoundRobin::new())
        .connect_lazy();
    let cafe = CoffeeMachineStub::new(channel.clone());

    registry.send(Ok::<_, BoxError>(list(&addresses)))?;
    println!("Three machines");
    order(&cafe, 9).await?;

    // Orders that it has are made; it gets no other.
    registry.send(Ok(list(&[addresses[0], addresses[2]])))?;
    println!("One is taken out of the registry");
    order(&cafe, 9).await?;

    let new = serve(Machine).await?;
    registry.send(Ok(list(&[addresses[0], addresses[2], new.0])))?;
    println!("Another takes its place");
    order(&cafe, 9).await?;

    for endpoint in channel.endpoints().current() {
        println!("  {}: {:?}", endpoint.target, endpoint.state);
    }
    Ok(())
}

/// A list of the registry: all machines that there are.
fn list(addresses: &[SocketAddr]) -> Resolution {
    Resolution::new(addresses.iter().copied().map(Endpoint::new))
}

/// Orders so many lattes, and says who made them.
async fn order(cafe: &CoffeeMachineStub<Channel>, count: u32) -> Result<(), Box<dyn Error>> {
    let mut made = BTreeMap::new();
    for _ in 0..count {
        let response = cafe.make_latte(LatteOrder::default()).send().await?;
        let machine = response.peer().and_then(Peer::remote_addr);
        *made.entry(machine).or_insert(0) += 1;
    }
    for (machine, lattes) in made {
        println!(
            "  {lattes} lattes from {}",
            machine.map_or("?".into(), |m| m.to_string())
        );
    }
    Ok(())
}
