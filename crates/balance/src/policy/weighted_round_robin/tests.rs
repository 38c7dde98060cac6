use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::{
    report::{LoadReport, Metric, TRAILER},
    stride::Stride,
};
use crate::policy::{Call, Key, Pick, Picker};

fn double(number: u8, value: f64) -> Vec<u8> {
    [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
}

fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
    [
        &[number << 3 | 2, value.len().try_into().unwrap()][..],
        value,
    ]
    .concat()
}

fn entry(number: u8, key: &str, value: f64) -> Vec<u8> {
    bytes(
        number,
        &[bytes(1, key.as_bytes()), double(2, value)].concat(),
    )
}

fn trailers(message: &[u8]) -> HeaderMap {
    let value = HeaderValue::try_from(STANDARD.encode(message)).unwrap();
    [(TRAILER.parse().unwrap(), value)].into_iter().collect()
}

fn whole() -> (Vec<u8>, LoadReport) {
    let message = [
        double(1, 0.5),
        double(2, 0.25),
        // A number, and one of 32 bits, of fields that are not read.
        vec![3 << 3, 0x96, 0x01],
        entry(4, "cost", 3.0),
        vec![15 << 3 | 5, 1, 2, 3, 4],
        entry(5, "disk", 0.75),
        double(6, 100.0),
        double(7, 10.0),
        entry(8, "queue", 7.0),
        entry(8, "queue", 0.9),
        entry(8, "broken", -1.0),
        entry(8, "a.b", 0.1),
        double(9, 0.8),
    ];
    let report = LoadReport {
        cpu_utilization: 0.5,
        mem_utilization: 0.25,
        application_utilization: 0.8,
        qps: 100.0,
        eps: 10.0,
        utilization: vec![("disk".to_owned(), 0.75)],
        named_metrics: [
            ("queue", 7.0),
            ("queue", 0.9),
            ("broken", -1.0),
            ("a.b", 0.1),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into(),
    };
    (message.concat(), report)
}

#[test]
fn a_report_is_read_from_trailers() {
    // G-48
    let (message, report) = whole();
    assert_eq!(LoadReport::of(&trailers(&message)), Some(report));
    assert_eq!(LoadReport::of(&trailers(&[])), Some(LoadReport::default()));
    // Without padding it is the same.
    let mut short = trailers(&double(6, 1.0));
    let text = short[TRAILER]
        .to_str()
        .unwrap()
        .trim_end_matches('=')
        .to_owned();
    short.insert(TRAILER, text.parse().unwrap());
    assert_eq!(
        LoadReport::of(&short),
        LoadReport::of(&trailers(&double(6, 1.0)))
    );

    assert_eq!(LoadReport::of(&HeaderMap::new()), None);
    let mut garbage = HeaderMap::new();
    garbage.insert(TRAILER, HeaderValue::from_static("#"));
    assert_eq!(LoadReport::of(&garbage), None);
}

#[test]
fn what_is_no_report_is_none() {
    // G-48
    for message in [
        &[0x09][..],
        &[0x09, 0, 0, 0, 0, 0, 0, 0],
        // Longer than it is; groups; a number without an end.
        &[0x42, 0x05, 0x01],
        &[
            0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
        ],
        &[0x0b],
        &[
            0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
        ],
        // A key that is no text.
        &[0x42, 0x03, 0x0a, 0x01, 0xff],
    ] {
        assert_eq!(LoadReport::of(&trailers(message)), None, "{message:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(message in prop::collection::vec(any::<u8>(), 0..100), cut in 0..120_usize) {
        // G-48
        let report = LoadReport::of(&trailers(&message));
        let weight = report.and_then(|report| report.weight(&[Metric::Cpu], 1.0));
        prop_assert!(weight.is_none_or(|weight| weight > 0.0 && weight.is_finite()));
        let (message, _) = whole();
        LoadReport::of(&trailers(&message[..cut.min(message.len())]));
    }
}

#[test]
fn weights_follow_the_formula() {
    // G-46
    let report = |application, cpu, qps, eps| LoadReport {
        application_utilization: application,
        cpu_utilization: cpu,
        qps,
        eps,
        ..LoadReport::default()
    };
    for (report, penalty, weight) in [
        (report(0.0, 0.5, 100.0, 0.0), 1.0, Some(200.0)),
        (report(0.25, 0.5, 100.0, 0.0), 1.0, Some(400.0)),
        // A tenth fails, which makes it a tenth busier.
        (report(0.4, 0.0, 100.0, 10.0), 1.0, Some(200.0)),
        (report(0.4, 0.0, 100.0, 10.0), 6.0, Some(100.0)),
        (report(0.4, 0.0, 100.0, 10.0), 0.0, Some(250.0)),
        (report(0.5, 0.0, 100.0, -10.0), 1.0, Some(200.0)),
        // It does not say enough.
        (report(0.0, 0.0, 100.0, 10.0), 1.0, None),
        (report(0.5, 0.0, 0.0, 10.0), 1.0, None),
        (report(-1.0, -1.0, 100.0, 0.0), 1.0, None),
        (report(f64::NAN, f64::NAN, 100.0, 0.0), 1.0, None),
        (report(0.5, 0.5, f64::NAN, 0.0), 1.0, None),
        // It says too much.
        (report(1e-300, 0.0, 1e300, 0.0), 1.0, Some(1e30)),
        (report(1e300, 0.0, 1e-300, 0.0), 1.0, Some(1e-30)),
    ] {
        assert_eq!(report.weight(&[], penalty), weight, "{report:?}");
    }
}

#[test]
fn the_greatest_of_the_named_metrics_counts() {
    // G-46
    let (_, report) = whole();
    let weight = |names: &[&str]| {
        let metrics: Vec<Metric> = names
            .iter()
            .filter_map(|name| Metric::parse(name))
            .collect();
        report.weight(&metrics, 0.0)
    };
    for (names, utilization) in [
        (&["cpu_utilization"][..], 0.5),
        (&["mem_utilization", "cpu_utilization"], 0.5),
        (&["application_utilization"], 0.8),
        (&["utilization.disk", "mem_utilization"], 0.75),
        (&["named_metrics.queue", "utilization.disk"], 0.9),
        (&["named_metrics.a.b"], 0.1),
        (&["named_metrics.a.b", "named_metrics.broken"], 0.1),
        (&["named_metrics.broken"], 0.8),
        // Not there, or nothing that can be: as if none were named.
        (&["named_metrics.disk"], 0.8),
        (&["qps", "request_cost.cost", "queue", ""], 0.8),
        (&[], 0.8),
    ] {
        assert_eq!(weight(names), Some(100.0 / utilization), "{names:?}");
    }
}

/// How many of so many calls each has.
fn shares(weights: &[Option<f64>], calls: usize) -> Vec<usize> {
    let servers: Vec<_> = (0..).map(Key::of).zip(weights.iter().copied()).collect();
    let stride = Stride::new(&servers, Arc::default());
    let headers = HeaderMap::new();
    let mut shares = HashMap::new();
    for _ in 0..calls {
        match stride.pick(&Call::new("/", &headers)) {
            Pick::Use(key) => *shares.entry(key).or_default() += 1,
            other => panic!("{other:?}"),
        }
    }
    let share = |(key, _): &(Key, _)| shares.get(key).copied().unwrap_or_default();
    servers.iter().map(share).collect()
}

#[test]
fn calls_are_by_weight() {
    // G-47
    for (weights, expected) in [
        (
            &[Some(4.0), Some(2.0), Some(1.0)][..],
            &[4000, 2000, 1000][..],
        ),
        (&[Some(1.0), Some(1.0)], &[3500, 3500]),
        (&[Some(0.001), Some(0.006)], &[1000, 6000]),
        // Who has none is as the mean; with fewer than two all are alike.
        (
            &[Some(4.0), None, Some(2.0), None],
            &[2333, 1750, 1167, 1750],
        ),
        (&[Some(4.0), None], &[3500, 3500]),
        (&[None, None], &[3500, 3500]),
        (&[Some(9.0)], &[7000]),
        // What is far off is taken for ten times the mean, and for a hundredth.
        (&[Some(1e30), Some(1e-30)], &[6965, 35]),
    ] {
        let shares = shares(weights, 7000);
        for (share, expected) in shares.iter().zip(expected) {
            assert!(share.abs_diff(*expected) <= 12, "{weights:?}: {shares:?}");
        }
    }
    let mut weights = vec![Some(1.0); 30];
    weights[7] = Some(1e30);
    let shares = shares(&weights, 3000);
    assert!(
        shares[7] > 2000 && shares.iter().all(|share| *share > 0),
        "{shares:?}"
    );
}

#[test]
fn equal_weights_go_round_and_heavy_ones_are_spread() {
    // G-47
    let servers = [0, 1, 2].map(|number| (Key::of(number), None));
    let turns = Arc::new(AtomicU32::new(5));
    let stride = Stride::new(&servers, turns.clone());
    let headers = HeaderMap::new();
    let next = |stride: &Stride| match stride.pick(&Call::new("/", &headers)) {
        Pick::Use(key) => (0..3).find(|number| Key::of(*number) == key).unwrap(),
        other => panic!("{other:?}"),
    };
    let picks = [(); 4].map(|()| next(&stride));
    assert_eq!(picks, [2, 0, 1, 2]);
    // The next picker goes on.
    let stride = Stride::new(&servers, turns.clone());
    assert_eq!([next(&stride), next(&stride)], [0, 1]);
    assert_eq!(turns.load(Ordering::Relaxed), 11);

    // No heaps: of any seven in a row the heavy one has four, give or take one.
    let servers =
        [(0, 4.0), (1, 2.0), (2, 1.0)].map(|(number, weight)| (Key::of(number), Some(weight)));
    let stride = Stride::new(&servers, Arc::default());
    let picks: Vec<u32> = (0..700).map(|_| next(&stride)).collect();
    for seven in picks.windows(7) {
        let heavy = seven.iter().filter(|number| **number == 0).count();
        assert!((3..=5).contains(&heavy), "{seven:?}");
    }
}

#[test]
fn light_ones_do_not_all_come_at_once() {
    // G-47: nine of them, and one as heavy as ten.
    let servers: Vec<_> = (0..10)
        .map(|number| (Key::of(number), Some(if number == 0 { 10.0 } else { 1.0 })))
        .collect();
    let stride = Stride::new(&servers, Arc::default());
    let headers = HeaderMap::new();
    let is_heavy =
        |()| matches!(stride.pick(&Call::new("/", &headers)), Pick::Use(key) if key == Key::of(0));
    let picks: Vec<bool> = std::iter::repeat_n((), 1000).map(is_heavy).collect();
    let longest = picks.split(|is_heavy| !is_heavy).map(<[bool]>::len).max();
    assert!(longest < Some(8), "{longest:?}");
}

#[test]
fn the_counter_may_begin_again() {
    // G-47
    let servers = [0, 1, 2].map(|number| (Key::of(number), Some(f64::from(number + 1))));
    let stride = Stride::new(&servers, Arc::new(AtomicU32::new(u32::MAX - 5)));
    let headers = HeaderMap::new();
    for _ in 0..100 {
        assert!(matches!(
            stride.pick(&Call::new("/", &headers)),
            Pick::Use(_)
        ));
    }
}
