//! Ten thousand servers, of which some go and others come, ten times a second.

use std::{convert::Infallible, time::Duration};

use allocation_counter::measure;
use tokio::{
    runtime::Builder,
    sync::mpsc::{self, UnboundedSender},
    time::sleep,
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tower::discover::Change;
use ziggurat::{
    Channel,
    balance::{Discovered, Endpoint, RoundRobin},
};

use crate::town::{Town, address, calls};

/// How many servers are named at every moment.
const NAMED: u16 = 10_000;

/// How many go, and how many come, with each update.
const CHANGED: u16 = 10;

/// All that there are.
const SERVERS: u16 = NAMED + CHANGED;

/// How many calls go round them in the end; fewer than there are servers.
const CALLS: usize = 1_000;

/// What a second of updates may leave in memory: the servers' own books differ by a little.
const LEFT: i64 = 64 * 1024;

/// What it may need beside that, for a while: a few lists of all servers.
const AT_MOST: u64 = 16 * 1024 * 1024;

type Told = Result<Change<u16, Endpoint>, Infallible>;

/// A registry that names all servers but ten, and tells each change once.
struct Registry {
    changes: UnboundedSender<Told>,
    /// The first of those that are not named; the others follow it.
    absent: u16,
}

impl Registry {
    fn open(changes: UnboundedSender<Told>) -> Self {
        let registry = Self {
            changes,
            absent: NAMED,
        };
        (0..NAMED).for_each(|number| registry.insert(number));
        registry
    }

    fn insert(&self, number: u16) {
        let change = Change::Insert(number, Endpoint::new(address(number)));
        self.changes.send(Ok(change)).unwrap();
    }

    fn absent(&self) -> impl Iterator<Item = u16> + use<> {
        (self.absent..self.absent + CHANGED).map(|number| number % SERVERS)
    }

    /// Ten others are gone, and those that were are back.
    fn update(&mut self) {
        let back = self.absent();
        self.absent = (self.absent + CHANGED) % SERVERS;
        for gone in self.absent() {
            self.changes.send(Ok(Change::Remove(gone))).unwrap();
        }
        back.for_each(|number| self.insert(number));
    }
}

/// A second of updates.
async fn second(registry: &mut Registry) {
    for _ in 0..10 {
        registry.update();
        sleep(Duration::from_millis(100)).await;
    }
}

/// Each server that is named has one connection, and those that are not have none.
fn check(town: &Town, registry: &Registry) {
    let absent: Vec<_> = registry.absent().collect();
    for number in 0..SERVERS {
        let expected = usize::from(!absent.contains(&number));
        assert_eq!(town.connections([number]), [expected], "{number}");
    }
}

#[test]
fn no_removal_is_missed_among_ten_thousand_servers_and_memory_is_bounded() {
    // G-40, G-41, G-42
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let town = Town::of(0..SERVERS);
    let (changes, told) = mpsc::unbounded_channel();
    let mut registry = Registry::open(changes);
    let builder = Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Discovered::new(UnboundedReceiverStream::new(told)))
        .balance(RoundRobin::new());
    let channel = runtime.block_on(async {
        let channel = builder.connect_lazy();
        channel.ready().await.unwrap();
        // Books grow as far as they have to.
        second(&mut registry).await;
        channel
    });
    check(&town, &registry);
    for _ in 0..2 {
        let held = measure(|| runtime.block_on(second(&mut registry)));
        check(&town, &registry);
        assert!(held.bytes_current < LEFT, "{held:?}");
        assert!(held.bytes_max < AT_MOST, "{held:?}");
    }
    runtime.block_on(calls(&channel, CALLS));
    let had = (0..SERVERS).map(|number| town.calls([number])[0]);
    let had: Vec<_> = had.collect();
    assert!(
        registry
            .absent()
            .all(|absent| had[usize::from(absent)] == 0)
    );
    let once = had.iter().filter(|calls| **calls == 1);
    assert_eq!(once.count(), CALLS);
}
