//! Happy eyeballs: several addresses, tried one shortly after the other, of which the first that answers wins.

use std::{collections::VecDeque, future::Future, io, net::SocketAddr, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::timeout;

/// Which addresses failed, and how.
pub(super) type Failures = Vec<(SocketAddr, io::Error)>;

/// Opens the address that answers first (G-31).
///
/// One after the other is started: the next when one failed, or when the last has not answered within the delay. Those
/// that were started go on; when one is open, the others are dropped.
pub(super) async fn race<S, F>(
    addresses: impl Iterator<Item = SocketAddr>,
    delay: Duration,
    open: impl Fn(SocketAddr) -> F,
) -> Result<S, Failures>
where
    F: Future<Output = io::Result<S>>,
{
    let open = |address| {
        let opening = open(address);
        async move { opening.await.map_err(|error| (address, error)) }
    };
    let (mut started, mut failures) = (FuturesUnordered::new(), Failures::new());
    for address in in_turn(addresses) {
        started.push(open(address));
        match timeout(delay, started.next()).await {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(failure))) => failures.push(failure),
            Ok(None) | Err(_) => {}
        }
    }
    while let Some(outcome) = started.next().await {
        match outcome {
            Ok(stream) => return Ok(stream),
            Err(failure) => failures.push(failure),
        }
    }
    Err(failures)
}

/// The addresses of both families in turn, beginning with the family that came first.
///
/// Where one of them is used up, the rest follows: no address is left out, and none is added.
fn in_turn(addresses: impl Iterator<Item = SocketAddr>) -> impl Iterator<Item = SocketAddr> {
    let mut addresses = addresses.peekable();
    let is_first_ipv4 = addresses.peek().is_some_and(SocketAddr::is_ipv4);
    let (mut next, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.partition(|address| address.is_ipv4() == is_first_ipv4);
    std::iter::from_fn(move || {
        let address = next.pop_front().or_else(|| other.pop_front());
        std::mem::swap(&mut next, &mut other);
        address
    })
}
