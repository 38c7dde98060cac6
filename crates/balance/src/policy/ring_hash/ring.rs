use std::{hash::Hasher, sync::Arc};

use twox_hash::XxHash64;

use crate::policy::Subchannel;

/// An [attribute](crate::Endpoint::attribute) of an endpoint, by which it has its places on the ring of
/// [`RingHash`](super::RingHash), in place of its first address: then it keeps them if it has another address.
///
/// ```
/// use std::net::SocketAddr;
/// use ziggurat::balance::{Endpoint, policy::HashKey};
///
/// let address = SocketAddr::from(([10, 0, 0, 1], 50051));
/// let endpoint = Endpoint::new(address).attribute(HashKey::new("cafe-0"));
/// assert_eq!(endpoint.get::<HashKey>().map(HashKey::as_str), Some("cafe-0"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HashKey(Arc<str>);

/// Where the servers stand, by their hashes.
///
/// It is that of Envoy and of gRPC's other implementations: clients that have the same list, with the same weights, send a call
/// to the same server, whoever made them.
pub(super) struct Ring {
    /// A hash, and the place in the list of the server that it is of; ordered, and not empty.
    entries: Box<[(u64, usize)]>,
}

/// From how many entries to how many a ring has; not exact, for weights are to be whole numbers of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) min: u32,
    pub(super) max: u32,
}

impl HashKey {
    /// This key. An empty one counts as none.
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ring {
    /// Each server gets entries by its weight: the lightest a whole number of them, so that there are at least `min`, and all
    /// together no more than `max` (G-55). The order of the list changes nothing.
    ///
    /// | weights | `min` | `max` | entries |
    /// |---|--:|--:|---|
    /// | 1, 1, 1 | 10 | 100 | 4, 4, 4 |
    /// | 1, 3 | 5 | 100 | 2, 6 |
    /// | 1, 9 | 100 | 20 | 2, 18 |
    ///
    /// The entries of a server are the hashes of its key with `_0`, `_1` and so on behind it, as others have them.
    pub(super) fn of(subchannels: &[Subchannel], size: Size) -> Self {
        let mut servers: Vec<(String, usize, f64)> = (0..)
            .zip(subchannels)
            .map(|(place, one)| {
                let weight = f64::from(one.endpoint().weight_or_one());
                (key(one), place, weight)
            })
            .collect();
        servers.sort_by(|one, other| one.0.cmp(&other.0));

        // The sum of weights fits no u32.
        let sum: f64 = servers.iter().map(|(_, _, weight)| weight).sum();
        let least = servers.iter().map(|(_, _, weight)| weight / sum);
        let least = least.fold(1.0, f64::min);
        let whole = (least * f64::from(size.min)).ceil();
        let scale = (whole / least).min(f64::from(size.max));

        let mut entries = Vec::new();
        let (mut count, mut wanted) = (0.0, 0.0);
        for (key, place, weight) in servers {
            wanted += scale * weight / sum;
            let mut begun = XxHash64::with_seed(0);
            begun.write(key.as_bytes());
            begun.write(b"_");
            let mut index = 0_u32;
            while count < wanted {
                let mut hasher = begun.clone();
                hasher.write(index.to_string().as_bytes());
                entries.push((hasher.finish(), place));
                index += 1;
                count += 1.0;
            }
        }
        entries.sort_unstable();
        Self {
            entries: entries.into(),
        }
    }

    /// The places in the list of all entries, from this hash on and once around.
    pub(super) fn from(&self, hash: u64) -> impl Iterator<Item = usize> {
        let first = self.entries.partition_point(|(other, _)| *other < hash);
        let (before, after) = self.entries.split_at(first);
        after.iter().chain(before).map(|(_, place)| *place)
    }
}

/// What the hashes of a server are made of.
fn key(subchannel: &Subchannel) -> String {
    let endpoint = subchannel.endpoint();
    match endpoint.get::<HashKey>() {
        Some(key) if !key.as_str().is_empty() => key.as_str().to_owned(),
        _ => endpoint.addresses()[0].to_string(),
    }
}
