use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use tokio::{task::LocalSet, time::Instant};

use crate::{
    Result,
    body::Body,
    clients::{Channel, Client, Driver, Hyper},
    cpu,
};

/// How many calls of which size, and how many at the same time.
pub struct Load {
    pub size: usize,
    pub at_once: usize,
    pub calls: usize,
}

const LOADS: [Load; 4] = [
    Load {
        size: 16,
        at_once: 1,
        calls: 4_000,
    },
    Load {
        size: 16,
        at_once: 64,
        calls: 20_000,
    },
    Load {
        size: 1024,
        at_once: 64,
        calls: 15_000,
    },
    Load {
        size: 1024 * 1024,
        at_once: 1,
        calls: 80,
    },
];

/// What one call costs.
#[derive(Clone, Copy)]
struct Cost {
    cpu: Duration,
    time: Duration,
}

/// Measures both clients under each load, in turn, and prints the medians and their ratios.
pub async fn run(server: SocketAddr, rounds: usize) -> Result {
    println!("medians of {rounds} rounds; ratio: driver / hyper");
    println!(
        "{:>8} {:>8}  {:>26}  {:>26}",
        "", "", "CPU us per call", "us per call"
    );
    println!(
        "{:>8} {:>8}  {:>8} {:>8} {:>8}  {:>8} {:>8} {:>8}",
        "bytes", "at once", "driver", "hyper", "ratio", "driver", "hyper", "ratio"
    );
    for load in &LOADS {
        let (mut driver, mut hyper) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            driver.push(measure::<Driver>(server, load).await?);
            hyper.push(measure::<Hyper>(server, load).await?);
        }
        let Load { size, at_once, .. } = load;
        let cpu = compare(&driver, &hyper, |cost| cost.cpu);
        let time = compare(&driver, &hyper, |cost| cost.time);
        println!("{size:>8} {at_once:>8}  {cpu}  {time}");
    }
    Ok(())
}

/// Makes calls and measures nothing.
pub async fn calls(server: SocketAddr, client: &str, load: &Load) -> Result {
    match client {
        "driver" => make::<Driver>(&Driver::connect(server).await?, load).await,
        "channel" => make::<Channel>(&Channel::connect(server).await?, load).await,
        "hyper" => make::<Hyper>(&Hyper::connect(server).await?, load).await,
        _ => Err("a client is driver, channel or hyper".into()),
    }
}

async fn measure<C: Client>(server: SocketAddr, load: &Load) -> Result<Cost> {
    let client = C::connect(server).await?;
    let warm = Load {
        calls: load.calls / 10,
        ..*load
    };
    make(&client, &warm).await?;
    let (cpu, start) = (cpu::time()?, Instant::now());
    make(&client, load).await?;
    let calls = u32::try_from(load.calls)?;
    Ok(Cost {
        cpu: (cpu::time()? - cpu) / calls,
        time: start.elapsed() / calls,
    })
}

/// Makes the calls of a load, each of its callers one after the other.
async fn make<C: Client>(client: &C, load: &Load) -> Result {
    let message = Bytes::from(vec![7; load.size]);
    let callers = LocalSet::new();
    let running: Vec<_> = (0..load.at_once)
        .map(|caller| {
            let calls = load.calls / load.at_once + usize::from(caller < load.calls % load.at_once);
            let (mut client, message) = (client.clone(), message.clone());
            callers.spawn_local(async move {
                for _ in 0..calls {
                    call(&mut client, message.clone()).await?;
                }
                Result::<()>::Ok(())
            })
        })
        .collect();
    callers.await;
    for caller in running {
        caller.await??;
    }
    Ok(())
}

async fn call<C: Client>(client: &mut C, message: Bytes) -> Result {
    let request = Request::post("http://cafe.example/cafe.CoffeeMachine/MakeLatte")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(message))?;
    let response = client.send(request).await?;
    let body = response.into_body().collect().await;
    let body = body.map_err(|error| error.to_string())?;
    if body.trailers().is_none() {
        return Err("a response without trailers".into());
    }
    Ok(())
}

/// Two medians in microseconds, and their ratio.
fn compare(driver: &[Cost], hyper: &[Cost], of: impl Fn(&Cost) -> Duration) -> String {
    let median = |costs: &[Cost]| {
        let mut costs: Vec<_> = costs.iter().map(&of).collect();
        costs.sort();
        costs[costs.len() / 2].as_nanos() as f64 / 1000.0
    };
    let (driver, hyper) = (median(driver), median(hyper));
    format!("{driver:>8.1} {hyper:>8.1} {:>8.2}", driver / hyper)
}
