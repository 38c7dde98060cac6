use std::net::SocketAddr;

use super::ring::{HashKey, Ring, Size};
use crate::{
    Endpoint,
    policy::{Key, Subchannel},
};

const ENVOYS: [(u64, u16); 12] = [
    (833_437_586_790_550_860, 94),
    (928_266_305_478_181_108, 92),
    (1_033_482_794_131_418_490, 90),
    (3_551_244_743_356_806_947, 95),
    (3_851_675_632_748_031_481, 93),
    (5_583_722_120_771_150_861, 91),
    (6_311_230_543_546_372_928, 91),
    (7_700_377_290_971_790_572, 93),
    (13_144_177_310_400_110_813, 95),
    (13_444_792_449_719_432_967, 92),
    (15_516_499_411_664_133_160, 94),
    (16_117_243_373_044_804_889, 90),
];

fn servers(ports: impl IntoIterator<Item = u16>) -> Vec<Subchannel> {
    let ports = ports.into_iter();
    ports
        .map(|port| Subchannel::new(Key::of(0), endpoint(port)))
        .collect()
}

fn endpoint(port: u16) -> Endpoint {
    Endpoint::new(SocketAddr::from(([127, 0, 0, 1], port)))
}

fn weighted(weights: &[u32]) -> Vec<Subchannel> {
    let endpoints = (90..)
        .zip(weights)
        .map(|(port, weight)| endpoint(port).weight(*weight));
    endpoints
        .map(|endpoint| Subchannel::new(Key::of(0), endpoint))
        .collect()
}

/// How many entries each server has, and all of them.
fn counts(servers: &[Subchannel], min: u32, max: u32) -> (Vec<usize>, usize) {
    let ring = Ring::of(servers, Size { min, max });
    let places: Vec<usize> = ring.from(0).collect();
    let of = |place| places.iter().filter(|other| **other == place).count();
    ((0..servers.len()).map(of).collect(), places.len())
}

#[test]
fn the_ring_is_envoys() {
    // G-55: in whatever order the list is.
    let size = Size { min: 12, max: 4096 };
    for ports in [[90, 91, 92, 93, 94, 95], [95, 93, 90, 91, 94, 92]] {
        let ring = Ring::of(&servers(ports), size);
        for (at, (hash, port)) in ENVOYS.into_iter().enumerate() {
            let (_, next) = ENVOYS[(at + 1) % 12];
            let first = |hash| ring.from(hash).map(|place| ports[place]).next();
            assert_eq!(first(hash), Some(port));
            assert_eq!(first(hash - 1), Some(port));
            assert_eq!(first(hash + 1), Some(next));
        }
        let all: Vec<u16> = ring.from(0).map(|place| ports[place]).collect();
        assert_eq!(all, ENVOYS.map(|(_, port)| port));
        assert_eq!(ring.from(0).next(), ring.from(u64::MAX).next());
    }
}

#[test]
fn entries_are_by_weight_and_a_whole_number_for_the_least() {
    // G-55
    for (weights, min, max, expected) in [
        (&[1, 1, 1][..], 9, 100, &[3, 3, 3][..]),
        (&[1, 1, 1], 10, 100, &[4, 4, 4]),
        (&[1, 3], 2, 100, &[1, 3]),
        (&[1, 3], 5, 100, &[2, 6]),
        (&[7], 3, 100, &[3]),
        (&[1, 9], 100, 20, &[2, 18]),
        // Weights whose sum is no u32.
        (&[u32::MAX, u32::MAX, u32::MAX], 3, 100, &[1, 1, 1]),
        (&[u32::MAX, 1], 1024, 4096, &[4096, 0]),
    ] {
        let (counts, all) = counts(&weighted(weights), min, max);
        assert_eq!(counts, expected, "{weights:?}");
        assert!(all <= max as usize);
    }
    // More servers than places.
    let (counts, all) = counts(&servers(1..6001), 1024, 4096);
    assert_eq!((counts.iter().max(), all), (Some(&1), 4096));
}

#[test]
fn a_key_is_hashed_in_place_of_the_address() {
    // G-55
    let size = Size { min: 64, max: 4096 };
    let ring = |port, key: &str| {
        let endpoints = [endpoint(port).attribute(HashKey::new(key)), endpoint(2)];
        let servers = endpoints.map(|endpoint| Subchannel::new(Key::of(0), endpoint));
        Ring::of(&servers, size).from(0).collect::<Vec<usize>>()
    };
    assert_eq!(ring(1, "cafe"), ring(9, "cafe"));
    assert_ne!(ring(1, "cafe"), ring(1, "bar"));
    assert_ne!(ring(1, ""), ring(9, ""));
    // Envoy's, by the keys that its addresses are.
    let keys = [90, 91, 92, 93, 94, 95].map(|port| {
        let key = HashKey::new(format!("127.0.0.1:{port}"));
        Subchannel::new(Key::of(0), endpoint(1).attribute(key))
    });
    let ring = Ring::of(&keys, Size { min: 12, max: 12 });
    let all: Vec<usize> = ring.from(0).map(|place| place + 90).collect();
    assert_eq!(all, ENVOYS.map(|(_, port)| usize::from(port)));
}
