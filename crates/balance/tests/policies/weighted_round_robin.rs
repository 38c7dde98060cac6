use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use ziggurat_balance::{
    Policy,
    policy::{Key, RoundRobin, State, WeightedRoundRobin},
};

use crate::{
    fleet::{Fleet, server},
    storm::{endure, event},
};

/// Servers that are ready, under a policy that has seen them.
struct Site {
    fleet: Fleet,
    policy: WeightedRoundRobin,
}

impl Site {
    fn new(count: u32, policy: WeightedRoundRobin) -> Self {
        let mut fleet = Fleet::of(count);
        (0..count).for_each(|number| fleet.set(number, State::Ready));
        let mut site = Self { fleet, policy };
        site.fleet.turn(&mut site.policy);
        site
    }

    /// A server says that it would have so many calls a second at full load.
    fn report(&self, number: u32, weight: f64) {
        let observer = self.policy.observer().unwrap();
        observer.trailers(Key::of(number), &trailers(weight, 1.0));
        observer.ended(Key::of(number), true);
    }

    /// Time passes, and all report what they did in each second.
    fn seconds(&mut self, seconds: u32, weights: &[f64]) {
        for _ in 0..seconds {
            for (number, weight) in (0..).zip(weights) {
                self.report(number, *weight);
            }
            self.fleet.turn(&mut self.policy);
            self.fleet.wait(1000);
        }
    }

    /// Of 600 calls, the shares of the servers.
    fn shares(&mut self) -> Vec<usize> {
        let picks = self.fleet.turn(&mut self.policy).picks(600);
        let of = |number| picks.iter().filter(|pick| **pick == number).count();
        (0..)
            .zip(&self.fleet.subchannels)
            .map(|(number, _)| of(number))
            .collect()
    }
}

fn trailers(qps: f64, utilization: f64) -> HeaderMap {
    let fields = [(6, qps), (9, utilization)];
    let message =
        fields.map(|(number, value)| [&[number << 3 | 1][..], &value.to_le_bytes()].concat());
    let value = HeaderValue::try_from(STANDARD.encode(message.concat())).unwrap();
    let name = "endpoint-load-metrics-bin".parse().unwrap();
    [(name, value)].into_iter().collect()
}

#[track_caller]
fn assert_about(shares: &[usize], expected: &[usize]) {
    let pairs = shares.iter().zip(expected);
    let is_about = pairs
        .clone()
        .all(|(share, expected)| share.abs_diff(*expected) <= 8);
    assert!(
        is_about && shares.len() == expected.len(),
        "{shares:?} for {expected:?}"
    );
}

#[test]
fn without_reports_it_goes_round() {
    // G-47
    let mut site = Site::new(3, WeightedRoundRobin::new());
    assert_eq!(site.shares(), [200, 200, 200]);
    // One that reports is no measure.
    for _ in 0..30 {
        site.report(0, 50.0);
        site.fleet.wait(1000);
        assert_eq!(site.shares(), [200, 200, 200]);
    }
}

#[test]
fn weights_count_after_the_blackout() {
    // G-47
    let mut site = Site::new(3, WeightedRoundRobin::new());
    site.seconds(10, &[300.0, 200.0, 100.0]);
    site.fleet.now -= Duration::from_millis(1);
    assert_eq!(site.shares(), [200, 200, 200]);
    site.fleet.wait(1);
    assert_about(&site.shares(), &[300, 200, 100]);
    // They follow what comes.
    site.seconds(2, &[100.0, 100.0, 400.0]);
    assert_about(&site.shares(), &[100, 100, 400]);
}

#[test]
fn who_has_not_reported_is_as_the_mean() {
    // G-47
    let mut site = Site::new(3, WeightedRoundRobin::new());
    site.seconds(11, &[300.0, 100.0]);
    assert_about(&site.shares(), &[300, 100, 200]);
}

#[test]
fn weights_are_looked_at_once_a_period() {
    // G-47
    let mut site = Site::new(2, WeightedRoundRobin::new());
    let turn = |site: &mut Site| site.fleet.turn(&mut site.policy);
    assert_eq!(turn(&mut site).wakes_in, Some(Duration::from_secs(1)));
    site.seconds(11, &[200.0, 100.0]);
    let first = turn(&mut site);
    site.fleet.wait(999);
    site.report(0, 800.0);
    let second = turn(&mut site);
    assert_eq!(second.wakes_in, Some(Duration::from_millis(1)));
    assert!(Arc::ptr_eq(&first.picker, &second.picker));
    site.fleet.wait(1);
    let third = turn(&mut site);
    assert!(!Arc::ptr_eq(&second.picker, &third.picker));
    // And if they are the same, so is the picker.
    site.report(0, 800.0);
    site.fleet.wait(1000);
    assert!(Arc::ptr_eq(&third.picker, &turn(&mut site).picker));

    let often = WeightedRoundRobin::new().weight_update_period(Duration::ZERO);
    let mut site = Site::new(2, often);
    assert_eq!(turn(&mut site).wakes_in, Some(Duration::from_millis(100)));
}

#[test]
fn weights_expire_and_begin_with_a_blackout() {
    // G-47
    let mut site = Site::new(2, WeightedRoundRobin::new());
    site.seconds(11, &[400.0, 200.0]);
    site.fleet.wait(178_999);
    assert_about(&site.shares(), &[400, 200]);
    site.fleet.wait(1001);
    assert_eq!(site.shares(), [300, 300]);
    site.seconds(9, &[400.0, 200.0]);
    assert_eq!(site.shares(), [300, 300]);
    site.seconds(2, &[400.0, 200.0]);
    assert_about(&site.shares(), &[400, 200]);
}

#[test]
fn a_weight_expires_when_its_period_is_over() {
    // G-47: the last report was seen after ten seconds.
    let mut site = Site::new(2, WeightedRoundRobin::new());
    site.seconds(11, &[400.0, 200.0]);
    site.fleet.wait(179_000);
    assert_eq!(site.shares(), [300, 300]);
}

#[test]
fn who_is_used_again_begins_with_a_blackout() {
    // G-47: after an ejection, for one.
    let mut site = Site::new(3, WeightedRoundRobin::new());
    site.seconds(11, &[300.0, 200.0, 100.0]);
    site.fleet
        .change(2, |one| one.reporting(State::TransientFailure));
    site.fleet.turn(&mut site.policy);
    site.fleet.change(2, |one| one.reporting(State::Ready));
    site.seconds(9, &[300.0, 200.0, 100.0]);
    assert_about(&site.shares(), &[240, 160, 200]);
}

#[test]
fn a_new_connection_begins_with_a_blackout() {
    // G-47
    for lose in [true, false] {
        let mut site = Site::new(3, WeightedRoundRobin::new());
        site.seconds(11, &[300.0, 200.0, 100.0]);
        site.fleet.lose(2);
        if lose {
            site.fleet.turn(&mut site.policy);
        }
        site.fleet.set(2, State::Ready);
        site.seconds(9, &[300.0, 200.0, 100.0]);
        // As the mean.
        assert_about(&site.shares(), &[240, 160, 200]);
        site.seconds(2, &[300.0, 200.0, 100.0]);
        assert_about(&site.shares(), &[300, 200, 100]);
    }
}

#[test]
fn without_a_blackout_the_first_report_counts() {
    // G-45
    let mut site = Site::new(2, WeightedRoundRobin::new().blackout_period(Duration::ZERO));
    site.seconds(1, &[400.0, 200.0]);
    assert_about(&site.shares(), &[400, 200]);
}

#[test]
fn it_connects_as_round_robin_does() {
    // G-41
    let mut fleet = Fleet::of(2);
    let mut policy = WeightedRoundRobin::new();
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (answer.state, answer.connects),
        (State::Connecting, vec![0, 1])
    );
    fleet.set(0, State::Ready);
    fleet.fail(1);
    let answer = fleet.turn(&mut policy);
    assert!(answer.resolves);
    assert_eq!(answer.picks(3), [0, 0, 0]);
    fleet.fail(0);
    assert!(fleet.turn(&mut policy).error().contains("0 refused"));
}

#[test]
fn reports_go_with_their_server() {
    // G-47
    let mut site = Site::new(3, WeightedRoundRobin::new());
    let of_before = site.policy.observer().unwrap();
    site.seconds(11, &[300.0, 200.0, 100.0]);
    site.fleet.list(|list| {
        list.reverse();
        list.push(server(3).in_state(State::Ready));
    });
    assert_about(&site.shares(), &[225, 150, 75, 150]);
    // One that came is heard too.
    site.seconds(11, &[300.0, 200.0, 100.0, 600.0]);
    assert_about(&site.shares(), &[150, 100, 50, 300]);
    // A call that began before the list was another still counts.
    of_before.trailers(Key::of(2), &trailers(500.0, 1.0));
    site.fleet.wait(1000);
    site.fleet.list(|list| list.truncate(3));
    assert_about(&site.shares(), &[180, 120, 300]);
    of_before.trailers(Key::of(900), &trailers(500.0, 1.0));
}

#[test]
fn other_settings_hold_from_the_next_turn_on() {
    // F-20
    let mut site = Site::new(2, WeightedRoundRobin::new());
    site.seconds(5, &[400.0, 200.0]);
    assert_eq!(site.shares(), [300, 300]);
    let short = WeightedRoundRobin::new().blackout_period(Duration::from_secs(2));
    assert!(site.policy.update(Box::new(short)).is_ok());
    assert_about(&site.shares(), &[400, 200]);
    let harsh =
        WeightedRoundRobin::new().metric_names_for_computing_utilization(["cpu_utilization"]);
    assert!(site.policy.update(Box::new(harsh)).is_ok());
    assert!(site.policy.update(Box::new(RoundRobin::new())).is_err());
}

#[test]
fn a_penalty_is_a_number_and_not_negative() {
    // G-45
    for (penalty, text) in [(-0.5, "-0.5"), (f64::NAN, "NaN")] {
        let error = WeightedRoundRobin::new()
            .error_utilization_penalty(penalty)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "error_utilization_penalty of weighted_round_robin is {text}: it must be 0 or more"
            )
        );
    }
    assert!(
        WeightedRoundRobin::new()
            .error_utilization_penalty(0.0)
            .is_ok()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    // G-20
    #[test]
    fn nothing_makes_it_panic_or_pick_who_is_not_there(
        events in prop::collection::vec(event(), 1..200),
        seed in any::<u64>(),
    ) {
        endure(&mut WeightedRoundRobin::new(), &events, seed);
    }
}
