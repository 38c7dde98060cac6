use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
};

use futures_core::Stream;
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::UnboundedReceiverStream};
use tokio_test::{assert_pending, task::spawn};
use tower::discover::{Change, ServiceList};

use super::{addresses, error, poll};
use crate::{
    Endpoint, Resolver,
    resolve::{Discovered, Updates},
};

type Event = io::Result<Change<u32, SocketAddr>>;

type Shown<'a> = (&'a [Change<u32, SocketAddr>], &'a [u32]);

fn address(n: u32) -> SocketAddr {
    let [_, a, b, c] = n.to_be_bytes();
    SocketAddr::from(([10, a, b, c], 443))
}

fn insert(n: u32) -> Change<u32, SocketAddr> {
    Change::Insert(n, address(n))
}

fn remove(n: u32) -> Change<u32, SocketAddr> {
    Change::Remove(n)
}

fn watch() -> (
    mpsc::UnboundedSender<Event>,
    Discovered<UnboundedReceiverStream<Event>>,
) {
    let (registry, changes) = mpsc::unbounded_channel();
    let discovered = Discovered::new(UnboundedReceiverStream::new(changes));
    (registry, discovered)
}

#[test]
fn what_is_ready_is_one_list_in_the_order_of_insertion() {
    let tables: &[Shown<'_>] = &[
        (&[insert(3), insert(1), insert(2)], &[3, 1, 2]),
        (&[insert(1), insert(2), remove(1)], &[2]),
        (&[insert(1), insert(2), remove(1), insert(1)], &[2, 1]),
        (&[insert(1), remove(1)], &[]),
        (&[insert(1), remove(2), remove(2)], &[1]),
        // The same address under two keys: that is for the channel to see.
        (&[insert(1), Change::Insert(2, address(1))], &[1, 1]),
        // Another address of the same server.
        (
            &[insert(1), insert(2), Change::Insert(1, address(9))],
            &[9, 2],
        ),
    ];
    for (events, expected) in tables {
        let (registry, mut discovered) = watch();
        assert_pending!(poll(&mut discovered));
        for event in *events {
            registry.send(Ok(event.clone())).unwrap();
        }
        let expected: Vec<_> = expected.iter().map(|n| address(*n).to_string()).collect();
        assert_eq!(addresses(&mut discovered), expected, "{events:?}");
        assert_pending!(poll(&mut discovered));
    }
}

#[test]
fn what_changes_nothing_is_not_told() {
    let (registry, mut discovered) = watch();
    registry.send(Ok(remove(1))).unwrap();
    assert_pending!(poll(&mut discovered));
    registry.send(Ok(insert(1))).unwrap();
    assert_eq!(addresses(&mut discovered), ["10.0.0.1:443"]);
    registry.send(Ok(remove(2))).unwrap();
    assert_pending!(poll(&mut discovered));
}

#[test]
fn an_error_is_told_between_what_came_before_and_after() {
    // G-13: the list goes on from where it was.
    let (registry, mut discovered) = watch();
    registry.send(Ok(insert(1))).unwrap();
    registry.send(Err(io::Error::other("away"))).unwrap();
    registry.send(Ok(insert(2))).unwrap();
    assert_eq!(addresses(&mut discovered), ["10.0.0.1:443"]);
    assert_eq!(error(&mut discovered), "away");
    assert_eq!(addresses(&mut discovered), ["10.0.0.1:443", "10.0.0.2:443"]);

    registry.send(Err(io::Error::other("again"))).unwrap();
    assert_eq!(error(&mut discovered), "again");
    assert_pending!(poll(&mut discovered));
}

#[test]
fn the_end_is_told_after_the_last_list_and_for_good() {
    let (registry, mut discovered) = watch();
    registry.send(Ok(insert(1))).unwrap();
    drop(registry);
    assert_eq!(addresses(&mut discovered), ["10.0.0.1:443"]);
    for _ in 0..2 {
        assert!(matches!(poll(&mut discovered), Poll::Ready(None)));
        discovered.resolve_again();
    }
    // A list that never changes, as tower has it.
    let list = ServiceList::new([Ep(7), Ep(8)]);
    let mut discovered = Discovered::new(list).named("a list of tower's");
    assert_eq!(discovered.name(), "a list of tower's");
    assert_eq!(addresses(&mut discovered), ["10.0.0.7:443", "10.0.0.8:443"]);
    assert!(matches!(poll(&mut discovered), Poll::Ready(None)));
}

/// A stream that always has more; tokio's pause by themselves.
struct Endless<F>(F);

impl<F: FnMut() -> T + Unpin, T> Stream for Endless<F> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(Some(self.0()))
    }
}

/// A type of the user's own, which is a service as `ServiceList` wants it.
#[derive(Clone, Debug)]
struct Ep(u32);

impl tower::Service<()> for Ep {
    type Response = ();
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<()>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        unreachable!("nobody calls it")
    }

    fn call(&mut self, (): ()) -> Self::Future {
        unreachable!("nobody calls it")
    }
}

impl From<Ep> for Endpoint {
    fn from(Ep(n): Ep) -> Self {
        Self::new(address(n))
    }
}

#[test]
fn a_flood_is_taken_in_parts() {
    // 16 servers, each again and again.
    let taken = Arc::new(AtomicU32::new(0));
    let count = taken.clone();
    let flood = move || Event::Ok(insert(count.fetch_add(1, Ordering::Relaxed) % 16));
    let mut discovered = Discovered::new(Endless(flood));
    for turn in 1..=10 {
        let mut task = spawn(());
        let told = task.enter(|cx, _| discovered.poll_resolution(cx));
        assert!(matches!(told, Poll::Ready(Some(Ok(list))) if list.endpoints.len() == 16));
        assert_eq!(taken.load(Ordering::Relaxed), turn * 1024);
    }
}

#[test]
fn a_flood_of_nothing_is_woken_for_and_does_not_spin() {
    let mut discovered = Discovered::new(Endless(|| Event::Ok(remove(1))));
    let mut task = spawn(());
    assert_pending!(task.enter(|cx, _| discovered.poll_resolution(cx)));
    assert!(task.is_woken());
}

#[test]
fn ten_thousand_endpoints_come_and_go() {
    let (registry, mut discovered) = watch();
    for n in 0..10_000 {
        registry.send(Ok(insert(n))).unwrap();
    }
    let mut told = 0;
    while let Poll::Ready(Some(Ok(list))) = poll(&mut discovered) {
        told = list.endpoints.len();
    }
    assert_eq!(told, 10_000);
    for n in (0..10_000).filter(|n| n % 2 == 0) {
        registry.send(Ok(remove(n))).unwrap();
    }
    let mut last = Vec::new();
    while let Poll::Ready(Some(Ok(list))) = poll(&mut discovered) {
        last = super::shown(&list);
    }
    let expected = (0..10_000).filter(|n| n % 2 == 1);
    let expected: Vec<_> = expected.map(|n| address(n).to_string()).collect();
    assert_eq!(last, expected);
}

#[test]
fn of_the_lists_that_are_ready_the_last_is_told() {
    let (lists, watched) = mpsc::unbounded_channel::<io::Result<Vec<SocketAddr>>>();
    let mut updates = Updates::new(UnboundedReceiverStream::new(watched));
    assert_eq!(updates.name(), "a stream of lists");
    assert_pending!(poll(&mut updates));
    for n in 1..=3 {
        lists.send(Ok(vec![address(n)])).unwrap();
    }
    assert_eq!(addresses(&mut updates), ["10.0.0.3:443"]);
    assert_pending!(poll(&mut updates));

    lists.send(Ok(vec![address(4)])).unwrap();
    lists.send(Err(io::Error::other("away"))).unwrap();
    lists.send(Ok(vec![])).unwrap();
    drop(lists);
    assert_eq!(addresses(&mut updates), ["10.0.0.4:443"]);
    assert_eq!(error(&mut updates), "away");
    // Told as it is: G-14 is the channel's.
    assert!(addresses(&mut updates).is_empty());
    for _ in 0..2 {
        assert!(matches!(poll(&mut updates), Poll::Ready(None)));
    }
}

#[test]
fn lists_without_end_are_taken_in_parts() {
    let mut count = 0..;
    let flood = move || io::Result::Ok(vec![address(count.next().unwrap())]);
    let mut updates = Updates::new(Endless(flood));
    assert_eq!(addresses(&mut updates), [address(1023).to_string()]);
    assert_eq!(addresses(&mut updates), [address(2047).to_string()]);
}

#[test]
fn a_box_is_the_resolver_in_it() {
    let (registry, changes) = mpsc::unbounded_channel::<Event>();
    let changes = UnboundedReceiverStream::new(changes).map(|event| event);
    let mut boxed: Box<dyn Resolver> = Box::new(Discovered::new(changes));
    assert_eq!(boxed.name(), "a discovery");
    registry.send(Ok(insert(1))).unwrap();
    assert_eq!(addresses(&mut boxed), ["10.0.0.1:443"]);
    boxed.resolve_again();
    assert_pending!(poll(&mut boxed));
}
