//! Compares who of several servers gets how much, by our round_robin and by grpc-go's.
//!
//! ```text
//! ziggurat-shares GO-CLIENT
//! ```
//!
//! Each script of the table is led through by both clients, each with servers of its own. What happens to servers is waited
//! for: the calls that are counted begin once those servers answer that can. Then the shares of the two may differ by two in a
//! hundred of all calls.

mod clients;
mod script;
mod town;

use std::{env, error::Error, process::ExitCode, time::Duration};

use clients::{Client, Whose};
use script::{Event, Script, TABLE};
use tokio::time::{Instant, sleep};
use town::Town;

/// How many calls are counted after each event.
const CALLS: usize = 1_200;

/// How far two shares may be apart, in calls.
const APART: usize = CALLS * 2 / 100;

/// No client needs so long to find out what happened.
const MOST: Duration = Duration::from_secs(20);

/// What each server had, and last how many calls failed.
type Shares = Vec<usize>;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let go = env::args_os()
        .nth(1)
        .ok_or("usage: ziggurat-shares GO-CLIENT")?;
    let (mut passed, mut failed) = (0, 0);
    for script in TABLE {
        let ours = played(script, &Whose::Ours).await?;
        let theirs = played(script, &Whose::Go(go.clone())).await?;
        let is_same = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(is_alike);
        let word = if is_same { "the same" } else { "DIFFERENT" };
        println!("{}: {word}: {ours:?}, grpc-go {theirs:?}", script.name);
        *(if is_same { &mut passed } else { &mut failed }) += 1;
    }
    println!("{passed} passed, {failed} failed");
    Ok(ExitCode::from(u8::from(failed > 0)))
}

fn is_alike((one, other): (&Shares, &Shares)) -> bool {
    let mut pairs = one.iter().zip(other);
    pairs.all(|(one, other)| one.abs_diff(*other) <= APART)
}

/// Leads a client through a script: the shares at its beginning, and after each event.
async fn played(script: &Script, whose: &Whose) -> Result<Vec<Shares>, Box<dyn Error>> {
    let town = Town::build().await?;
    let mut client = Client::start(whose, &town.named(script.first)).await?;
    let mut all = vec![counted(script, &town, &mut client, script.serve).await?];
    for (event, serve) in script.then {
        match *event {
            Event::Kill(server) => town.kill(server).await?,
            Event::Drain(server) => town.drain(server).await?,
            Event::Return(server) => town.back(server).await?,
            Event::Name(endpoints) => client.name(&town.named(endpoints)).await?,
        }
        all.push(counted(script, &town, &mut client, serve).await?);
    }
    Ok(all)
}

/// The shares of so many calls, once these servers answer, and no others.
async fn counted(
    script: &Script,
    town: &Town,
    client: &mut Client,
    serve: &[usize],
) -> Result<Shares, Box<dyn Error>> {
    let start = Instant::now();
    while shares(town, client, 12, 1).await? != town.even(12, serve) {
        if start.elapsed() > MOST {
            let shares = shares(town, client, 12, 1).await?;
            return Err(format!(
                "{}: {serve:?} are to serve, and it is {shares:?}",
                script.name
            )
            .into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    shares(town, client, CALLS, script.at_once).await
}

async fn shares(
    town: &Town,
    client: &mut Client,
    calls: usize,
    at_once: usize,
) -> Result<Shares, Box<dyn Error>> {
    let before = town.begun();
    let succeeded = client.calls(calls, at_once).await?;
    let begun = town.begun().into_iter().zip(before);
    let mut shares: Shares = begun.map(|(now, then)| now - then).collect();
    shares.push(calls - succeeded);
    Ok(shares)
}
