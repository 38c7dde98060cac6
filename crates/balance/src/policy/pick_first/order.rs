use std::net::IpAddr;

use crate::{Address, policy::Subchannel};

/// What is interleaved. A server that is reached by a path is of neither of the two families of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
    Other,
}

/// The places of the addresses in the list, in the order in which they are tried (G-30): endpoints shuffled if so wanted,
/// their addresses one after the other, and of those the families in turn, beginning with that of the first (RFC 8305 §4).
///
/// Shuffling is by weight (A113): each endpoint draws a number, which is large the more often the heavier it is, and they
/// stand by these. Of two endpoints with the weights 1 and 3 the second is first in three lists of four.
pub(super) fn order(subchannels: &[Subchannel], shuffles: bool) -> Vec<usize> {
    let mut first = 0;
    let of_one = |one: &Subchannel, other: &Subchannel| one.group() == other.group();
    let mut endpoints: Vec<_> = subchannels
        .chunk_by(of_one)
        .map(|addresses| {
            let places = first..first + addresses.len();
            first = places.end;
            places
        })
        .collect();
    if shuffles {
        // The keys of A113 are u^(1/weight); their logarithms are in the same order, and as far apart for large weights.
        endpoints.sort_by_cached_key(|places| {
            let weight = subchannels[places.start].endpoint().weight_or_one();
            Descending(fastrand::f64().ln() / f64::from(weight))
        });
    }
    interleave(endpoints.into_iter().flatten(), |place| {
        family(&subchannels[place])
    })
}

/// The families in turn, each in its order; when one is used up, the others go on.
///
/// ```text
/// resolver:  A4 B4 C4 D4 A6 B6
/// tried:     A4 A6 B4 B6 C4 D4
/// ```
///
/// So one broken family costs a client at most every second attempt, as long as there is another.
fn interleave(places: impl Iterator<Item = usize>, family: impl Fn(usize) -> Family) -> Vec<usize> {
    let mut families: Vec<(Family, Vec<usize>)> = Vec::new();
    for place in places {
        let family = family(place);
        match families.iter_mut().find(|(other, _)| *other == family) {
            Some((_, places)) => places.push(place),
            None => families.push((family, vec![place])),
        }
    }
    let longest = families.iter().map(|(_, places)| places.len()).max();
    let rounds = 0..longest.unwrap_or(0);
    rounds
        .flat_map(|round| {
            families
                .iter()
                .filter_map(move |(_, places)| places.get(round))
        })
        .copied()
        .collect()
}

/// The family of its first address; in [`Spread::Addresses`](crate::policy::Spread::Addresses) it has no other.
fn family(subchannel: &Subchannel) -> Family {
    match subchannel.endpoint().addresses().first() {
        // An IPv4 address in the clothes of IPv6 takes the way of IPv4.
        Some(Address::Socket(address)) => match address.ip().to_canonical() {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        },
        _ => Family::Other,
    }
}

/// Sorts the greatest first.
struct Descending(f64);

impl Ord for Descending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.total_cmp(&self.0)
    }
}

impl PartialOrd for Descending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Descending {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Descending {}
