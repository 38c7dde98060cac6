use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures_util::future::try_join_all;
use http::Request;
use http_body_util::BodyExt;
use tokio::time::Instant;

use crate::{
    Result, Server,
    body::Body,
    clients::{Client, Driver, Hyper},
};

const MIB: usize = 1 << 20;

/// Round trips, in milliseconds.
const DELAYS: [u64; 3] = [0, 20, 100];

/// Answers of so many bytes, so many at the same time.
struct Load {
    name: &'static str,
    size: usize,
    at_once: usize,
}

const LOADS: [Load; 3] = [
    Load {
        name: "unary 1 MiB",
        size: MIB,
        at_once: 1,
    },
    Load {
        name: "unary 1 MiB x8",
        size: MIB,
        at_once: 8,
    },
    Load {
        name: "stream 32 x 1 MiB",
        size: 32 * MIB,
        at_once: 1,
    },
];

/// Measures how fast large answers arrive over long ways, with our windows and with hyper's when they are fixed.
pub async fn run(rounds: usize) -> Result {
    println!(
        "MB/s: the first of a connection, then the median of {rounds} more; fixed: hyper with 2 MiB per stream"
    );
    println!("{:>8} {:>18}  {:>17}  {:>26}", "", "", "first", "median");
    println!(
        "{:>8} {:>18}  {:>8} {:>8}  {:>8} {:>8} {:>8}",
        "delay ms", "", "ours", "fixed", "ours", "fixed", "ratio"
    );
    for delay in DELAYS {
        let server = Server::start(&["server", &delay.to_string()])?;
        for load in &LOADS {
            let (ours, fixed) = compare(server.address, load, rounds).await?;
            let (first, median) = ((ours.first, fixed.first), (ours.median, fixed.median));
            println!(
                "{delay:>8} {:>18}  {:>8.1} {:>8.1}  {:>8.1} {:>8.1} {:>8.2}",
                load.name,
                first.0,
                first.1,
                median.0,
                median.1,
                median.0 / median.1
            );
        }
    }
    Ok(())
}

/// In MB/s.
struct Speed {
    first: f64,
    median: f64,
}

/// Measures both clients in turn.
async fn compare(server: SocketAddr, load: &Load, rounds: usize) -> Result<(Speed, Speed)> {
    let (driver, hyper) = (
        Driver::connect(server).await?,
        Hyper::connect(server).await?,
    );
    let (mut ours, mut fixed) = (Vec::new(), Vec::new());
    for _ in 0..=rounds {
        ours.push(measure(&driver, load).await?);
        fixed.push(measure(&hyper, load).await?);
    }
    Ok((speed(ours, load), speed(fixed, load)))
}

fn speed(mut times: Vec<Duration>, load: &Load) -> Speed {
    #[allow(clippy::cast_precision_loss)]
    let bytes = (load.size * load.at_once) as f64;
    let of = |time: Duration| bytes / 1e6 / time.as_secs_f64();
    let first = of(times.remove(0));
    times.sort_unstable();
    Speed {
        first,
        median: of(times[times.len() / 2]),
    }
}

async fn measure<C: Client>(client: &C, load: &Load) -> Result<Duration> {
    let start = Instant::now();
    try_join_all((0..load.at_once).map(|_| read(client.clone(), load))).await?;
    Ok(start.elapsed())
}

/// Reads one answer, frame by frame.
async fn read<C: Client>(mut client: C, load: &Load) -> Result {
    // Each kind of call is a method.
    let request = Request::post(format!(
        "http://cafe.example/cafe.CoffeeMachine/{}",
        load.at_once
    ))
    .header("size", load.size)
    .body(Body::new(Bytes::from_static(&[7; 16])))?;
    let mut body = client.send(request).await?.into_body();
    let mut left = load.size;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| error.to_string())?;
        left -= frame.data_ref().map_or(0, Bytes::len);
    }
    if left > 0 {
        return Err("the answer is not whole".into());
    }
    Ok(())
}
