//! Reads that take too long are sent a second time, and the answer that comes first is taken.
//!
//! Every other request falls asleep for half a second on its way to the machine. One sees how long it takes to read the board
//! of orders: as it is, and with hedging, where no read takes much longer than the delay. A latte is never hedged.

use std::{
    error::Error,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use http::Request;
use tokio::time::{self, Instant};
use tower::{Layer, ServiceBuilder};
use ziggurat::{
    Body, BoxError, Channel, Code, GrpcService, MethodDescriptor,
    layers::hedge::{HedgeLayer, HedgingPolicy, Throttle},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, Filter, LatteOrder},
    server::{Machine, serve},
};

/// As a server is now and then that has other things to do.
async fn sleepy(request: Request<Body>) -> Result<Request<Body>, BoxError> {
    static REQUESTS: AtomicU32 = AtomicU32::new(0);
    if REQUESTS.fetch_add(1, Relaxed).is_multiple_of(2) {
        time::sleep(Duration::from_millis(500)).await;
    }
    Ok(request)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, _serving) = serve(Machine).await?;
    let channel = Channel::builder(&format!("http://{address}"))?.connect_lazy();
    let channel = ServiceBuilder::new().filter_async(sleepy).service(channel);
    println!("As it is");
    read_and_order(CoffeeMachineStub::new(channel.clone())).await?;

    let policy = HedgingPolicy::builder()
        .hedging_delay(Duration::from_millis(50)) // most reads are done by then
        .max_attempts(3)
        .non_fatal_codes([Code::Unavailable])
        .build()?;
    let hedge = HedgeLayer::choose(move |request| {
        let method = MethodDescriptor::of(request)?;
        (method.name() == "Watch").then(|| policy.clone()) // who pays for two lattes?
    });
    let hedge = hedge.throttle(Throttle::new(100, 0.1)?); // one for all that calls this server
    println!("Hedged");
    read_and_order(CoffeeMachineStub::new(hedge.layer(channel))).await
}

async fn read_and_order(cafe: CoffeeMachineStub<impl GrpcService>) -> Result<(), Box<dyn Error>> {
    for _ in 0..4 {
        let begin = Instant::now();
        let orders = cafe.watch(Filter { count: 3, size: 0 }).collect().await?;
        println!("  {} orders  {:?}", orders.len(), begin.elapsed());
    }
    let begin = Instant::now();
    cafe.make_latte(LatteOrder::default()).await?;
    println!("  a latte   {:?}", begin.elapsed());
    Ok(())
}
