use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use tokio::{task::JoinSet, time::Instant};
use tower_service::Service;

use crate::{Result, body::Body, clients::Channel, cpu, server::SIZE};

/// Over how many connections calls are spread.
const CONNECTIONS: [usize; 3] = [1, 2, 4];

/// Calls with so many bytes up and down, so many at once.
struct Load {
    up: usize,
    down: usize,
    at_once: usize,
    calls: usize,
}

const LOADS: [Load; 3] = [
    Load {
        up: 16,
        down: 16,
        at_once: 64,
        calls: 100_000,
    },
    Load {
        up: MIB,
        down: 16,
        at_once: 8,
        calls: 1_600,
    },
    Load {
        up: 16,
        down: MIB,
        at_once: 8,
        calls: 1_600,
    },
];

const MIB: usize = 1024 * 1024;

/// Calls in a second, and how many cores the client had busy.
#[derive(Clone, Copy)]
struct Pace {
    calls: f64,
    cores: f64,
}

/// Measures each number of connections under each load, in turn, and prints the medians.
pub async fn run(server: SocketAddr, rounds: usize) -> Result {
    println!("medians of {rounds} rounds: calls per second, cores that the client kept busy");
    print!("{:>8} {:>8} {:>8}", "up", "down", "at once");
    for connections in CONNECTIONS {
        print!("  {connections:>9} conn.");
    }
    println!();
    for load in &LOADS {
        let mut paces = CONNECTIONS.map(|_| Vec::new());
        for _ in 0..rounds {
            for (connections, paces) in CONNECTIONS.into_iter().zip(&mut paces) {
                paces.push(measure(server, connections, load).await?);
            }
        }
        let Load {
            up, down, at_once, ..
        } = load;
        print!("{up:>8} {down:>8} {at_once:>8}");
        for paces in &paces {
            let calls = median(paces, |pace| pace.calls);
            let cores = median(paces, |pace| pace.cores);
            print!("  {calls:>9.0} {cores:>5.2}");
        }
        println!();
    }
    Ok(())
}

async fn measure(server: SocketAddr, connections: usize, load: &Load) -> Result<Pace> {
    let channel = Channel::over(server, connections)?;
    // The connections are made meanwhile.
    make(&channel, load, load.calls / 10).await?;
    let (cpu, start) = (cpu::of_all()?, Instant::now());
    make(&channel, load, load.calls).await?;
    let (cpu, time) = (cpu::of_all()? - cpu, start.elapsed());
    Ok(Pace {
        calls: load.calls as f64 / time.as_secs_f64(),
        cores: cpu.div_duration_f64(time),
    })
}

async fn make(channel: &Channel, load: &Load, calls: usize) -> Result {
    let mut callers = JoinSet::new();
    for _ in 0..load.at_once {
        let (channel, message) = (channel.clone(), Bytes::from(vec![7; load.up]));
        let (calls, down) = (calls / load.at_once, load.down);
        callers.spawn(async move {
            for _ in 0..calls {
                let called = call(channel.clone(), message.clone(), down).await;
                called.map_err(|error| error.to_string())?;
            }
            Result::<(), String>::Ok(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn call(
    mut channel: Channel,
    message: Bytes,
    down: usize,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let request = Request::post("http://cafe.example/cafe.CoffeeMachine/MakeLatte")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header(SIZE, down)
        .body(Body::new(message))?;
    let mut body = channel.0.call(request).await?.into_body();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        read += frame?.data_ref().map_or(0, Bytes::len);
    }
    if read != down {
        return Err("not all of an answer".into());
    }
    Ok(())
}

fn median(paces: &[Pace], of: impl Fn(&Pace) -> f64) -> f64 {
    let mut paces: Vec<_> = paces.iter().map(of).collect();
    paces.sort_by(f64::total_cmp);
    paces[paces.len() / 2]
}
