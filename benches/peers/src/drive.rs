//! Makes the calls of a load: the same for every client.

use std::time::Instant;

use tokio::task::JoinSet;

use crate::{
    Client, Load, Result, Tally, check,
    load::Shape,
    measure::Latencies,
    messages::{ORDER_LINES, frame_length},
};

/// What is left over when a load was driven.
#[derive(Debug)]
pub struct Driven<H> {
    pub latencies: Latencies,
    /// The streams that were opened and are still open.
    pub held: Vec<H>,
}

/// Sends or reads so many messages, over the channels in turn, and checks each answer.
///
/// # Errors
///
/// A call failed, or an answer is not what was asked for.
pub async fn drive<C: Client>(
    clients: &[C],
    load: &Load,
    messages: usize,
    timed: bool,
) -> Result<Driven<C::Held>> {
    let mut driven = Driven {
        latencies: Latencies::default(),
        held: Vec::new(),
    };
    let mut tasks = JoinSet::new();
    // Those that come first have one more.
    let (each, more) = (messages / load.at_once, messages % load.at_once);
    for task in 0..load.at_once {
        let messages = each + usize::from(task < more);
        if messages > 0 {
            // Each channel belongs to some of the tasks, or each task goes round some of the channels.
            let mine = clients.iter().skip(task % clients.len());
            let mine: Vec<_> = mine.step_by(load.at_once).cloned().collect();
            tasks.spawn(calls(mine, load.clone(), messages, timed));
        }
    }
    while let Some(ended) = tasks.join_next().await {
        let Driven { latencies, held } = ended??;
        driven.latencies.append(latencies);
        driven.held.extend(held);
    }
    Ok(driven)
}

/// What one task does.
async fn calls<C: Client>(
    mut clients: Vec<C>,
    load: Load,
    messages: usize,
    timed: bool,
) -> Result<Driven<C::Held>> {
    let mut latencies = Latencies::with_capacity(if timed { messages } else { 0 });
    let mut held = Vec::new();
    let (mut left, mut turn) = (messages, 0);
    while left > 0 {
        let count = clients.len();
        let client = &mut clients[turn % count];
        turn += 1;
        let begun = timed.then(Instant::now);
        match load.shape {
            Shape::Hold => held.push(client.hold().await?),
            Shape::Talk => return talk(client, &load, messages, latencies).await,
            _ => left -= call(client, &load, left).await?,
        }
        if let Some(begun) = begun {
            latencies.add(begun);
        }
        left -= usize::from(load.shape == Shape::Hold);
    }
    Ok(Driven { latencies, held })
}

/// Makes one call, and gives how many messages it had.
async fn call<C: Client>(client: &mut C, load: &Load, left: usize) -> Result<usize> {
    let stream = left.min(load.stream);
    let all = |messages, size| Tally {
        messages,
        size: messages * size,
    };
    match load.shape {
        Shape::Echo => check("echo", client.echo().await?, all(1, load.size))?,
        Shape::Place => check("order", client.place().await?, all(1, ORDER_LINES))?,
        Shape::Download => {
            let tally = client.download(stream).await?;
            check("download", tally, all(stream, load.size))?;
        }
        Shape::Upload => {
            let bytes = (stream * frame_length(load.size)) as u64;
            check("upload", client.upload(stream).await?, bytes)?;
        }
        Shape::Talk | Shape::Hold => return Err("these are no such calls".into()),
    }
    Ok(match load.shape {
        Shape::Download | Shape::Upload => stream,
        _ => 1,
    })
}

/// Makes one call of all messages; what it took to be answered is known for each.
async fn talk<C: Client>(
    client: &mut C,
    load: &Load,
    messages: usize,
    mut latencies: Latencies,
) -> Result<Driven<C::Held>> {
    let mut begun = Instant::now();
    let answered = || {
        latencies.add(begun);
        begun = Instant::now();
    };
    let tally = client.talk(messages, answered).await?;
    let expected = Tally {
        messages,
        size: messages * load.size,
    };
    check("talk", tally, expected)?;
    Ok(Driven {
        latencies,
        held: Vec::new(),
    })
}
