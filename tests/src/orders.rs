//! Streams of many small messages, read as fast as they can be.

use tokio::task::JoinSet;
use ziggurat::{Channel, Status};
use ziggurat_examples::cafe::{CoffeeMachineStub, Filter};

use crate::Failure;

/// How many messages a stream has.
const MESSAGES: u32 = 100_000;

/// What is streamed over how many connections, one after the other, each with so many streams at once.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) at_once: usize,
    /// Messages have 0 to so many bytes.
    pub(crate) size: u32,
}

/// Nothing of the streams is lost.
pub(crate) async fn nothing_is_lost(target: String, load: Load) -> Result<(), Failure> {
    let mut lost = Vec::new();
    for _ in 0..load.connections {
        let cafe = CoffeeMachineStub::new(Channel::builder(&target)?.connect_lazy());
        let streams = (0..load.at_once).map(|_| read_all(cafe.clone(), load.size));
        let streams: JoinSet<_> = streams.collect();
        lost.extend(streams.join_all().await.into_iter().filter_map(Result::err));
    }
    if lost.is_empty() {
        return Ok(());
    }
    let streams = load.connections * load.at_once;
    Err(format!("lost {} of {streams}: {}", lost.len(), lost.join("; ")).into())
}

async fn read_all(cafe: CoffeeMachineStub, size: u32) -> Result<(), String> {
    let mut read = 0;
    let ended = count(&cafe, size, &mut read).await;
    match ended {
        Ok(()) if read == MESSAGES => Ok(()),
        Ok(()) => Err(format!("a stream had {read} messages")),
        Err(status) => Err(format!("a stream after {read} messages: {status}")),
    }
}

async fn count(cafe: &CoffeeMachineStub, size: u32, read: &mut u32) -> Result<(), Status> {
    let count = MESSAGES;
    let mut orders = cafe.watch(Filter { count, size }).await?;
    while orders.recv().await?.is_some() {
        *read += 1;
    }
    Ok(())
}
