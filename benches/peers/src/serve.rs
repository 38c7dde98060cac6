//! The program of a client.

use std::{
    io::{self, BufRead, Write},
    time::Instant,
};

use tokio::runtime::{self, Runtime};

use crate::{Client, Load, Result, cpu, drive, load, measure::Figures, wire::Counters};

/// Connects, then makes calls: once, or as often as a line says how many.
///
/// # Errors
///
/// A call failed, or was not answered with what was asked for.
pub fn main<C: Client>(load: &Load) -> Result {
    let counters = Counters::new();
    let runtime = runtime(load.runtime)?;
    let clients = runtime.block_on(async {
        let mut clients = Vec::new();
        for _ in 0..load.channels {
            clients.push(C::connect(load, &counters).await?);
        }
        Ok::<_, crate::Error>(clients)
    })?;
    let round = |messages, timed| round(&runtime, &clients, load, &counters, messages, timed);
    if let Some(messages) = load.once {
        // Of streams that stay open a second lot would find the memory of the first.
        let warm = match load.shape {
            load::Shape::Hold => 1,
            _ => messages.div_ceil(4),
        };
        round(warm, false)?;
        println!("{}", round(messages, false)?.json());
        return Ok(());
    }
    println!("ready");
    for line in io::stdin().lock().lines() {
        let messages: usize = line?.parse()?;
        // The caches have seen others meanwhile.
        round(messages.div_ceil(10), false)?;
        println!("{}", round(messages, true)?.json());
        io::stdout().flush()?;
    }
    Ok(())
}

fn round<C: Client>(
    runtime: &Runtime,
    clients: &[C],
    load: &Load,
    counters: &Counters,
    messages: usize,
    timed: bool,
) -> Result<Figures> {
    let (resident, _) = cpu::resident()?;
    let (cpu, begun) = (cpu::time()?, Instant::now());
    let mut driven = None;
    let counts = counters.during(|| {
        driven = Some(runtime.block_on(drive::drive(clients, load, messages, timed)));
    });
    let (took, cpu) = (begun.elapsed(), cpu::time()? - cpu);
    let driven = driven.ok_or("nothing was done")??;
    let (now, peak) = cpu::resident()?;
    Ok(Figures {
        messages,
        cpu,
        took,
        latencies: driven.latencies,
        resident: (now.cast_signed() - resident.cast_signed(), peak),
        counts,
    })
}

fn runtime(kind: load::Runtime) -> io::Result<Runtime> {
    let mut builder = match kind {
        load::Runtime::CurrentThread => runtime::Builder::new_current_thread(),
        load::Runtime::MultiThread => {
            let mut builder = runtime::Builder::new_multi_thread();
            builder.worker_threads(2);
            builder
        }
    };
    builder.enable_all().build()
}
