use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ziggurat_balance::{
    Policy,
    policy::{
        FailurePercentageEjection, Key, Observer, OutlierDetection, OutlierDetector, Outlook,
        PickFirst, RoundRobin, State, SuccessRateEjection, Turn,
    },
};

use crate::fleet::{Answer, Fleet, number, server};

/// How the calls of a server end in an interval: how many succeed, and how many fail.
type Calls = (u64, u64);

const FINE: Calls = (100, 0);
const DEAD: Calls = (0, 100);

/// Servers that are ready, under a policy that has seen them.
struct Site {
    fleet: Fleet,
    policy: OutlierDetector,
}

impl Site {
    fn new(count: u32, settings: OutlierDetection) -> Self {
        let mut fleet = Fleet::of(count);
        (0..count).for_each(|number| fleet.set(number, State::Ready));
        let policy = settings.around(Box::new(RoundRobin::new()));
        let mut site = Self { fleet, policy };
        site.turn();
        site
    }

    fn turn(&mut self) -> Answer {
        self.fleet.turn(&mut self.policy)
    }

    /// Calls end so, of each server in turn.
    fn calls(&mut self, calls: &[Calls]) {
        let observer = self.policy.observer().unwrap();
        for (number, (successes, failures)) in (0..).zip(calls) {
            (0..*successes).for_each(|_| observer.ended(Key::of(number), true));
            (0..*failures).for_each(|_| observer.ended(Key::of(number), false));
        }
    }

    /// After an interval with these calls, the servers that have no calls any more.
    fn sweep(&mut self, calls: &[Calls]) -> Vec<u32> {
        self.calls(calls);
        self.fleet.wait(10_000);
        self.ejected()
    }

    /// The servers that have no calls.
    fn ejected(&mut self) -> Vec<u32> {
        let answer = self.turn();
        let all = self.fleet.subchannels.iter().map(|one| number(one.key()));
        if answer.state != State::Ready {
            return all.collect();
        }
        let picks = answer.picks(2 * self.fleet.subchannels.len());
        let picks: HashSet<u32> = picks.into_iter().collect();
        all.filter(|number| !picks.contains(number)).collect()
    }
}

/// The servers that are ejected after one interval.
fn ejected(settings: OutlierDetection, calls: &[Calls]) -> Vec<u32> {
    let count = calls.len().try_into().unwrap();
    Site::new(count, settings).sweep(calls)
}

/// Ejects by success rate only, and as many as there are.
fn success_rate(ejection: SuccessRateEjection) -> OutlierDetection {
    let off = OutlierDetection::off().max_ejection_percent(100).unwrap();
    off.success_rate_ejection(ejection)
}

/// Ejects by failure percentage only, and as many as there are.
fn failure_percentage(ejection: FailurePercentageEjection) -> OutlierDetection {
    let off = OutlierDetection::off().max_ejection_percent(100).unwrap();
    off.failure_percentage_ejection(ejection)
}

#[test]
fn by_success_rate_those_far_below_the_mean() {
    // G-62
    let of = |rate| (rate, 100 - rate);
    for (rates, expected) in [
        // Mean 80 %, deviation 40 %: the least is 4 %.
        (&[100, 100, 100, 100, 3][..], &[4][..]),
        (&[100, 100, 100, 100, 0], &[4]),
        // Mean 98 %, deviation 4 %: the least is 90.4 %.
        (&[100, 100, 100, 100, 90], &[4]),
        // Mean 90 %, deviation 14.1 %: the least is 63.1 %.
        (&[100, 100, 99, 90, 61], &[4]),
        // Mean 90 %, deviation 10 %: the least is 71 %.
        (&[100, 80, 100, 80, 100, 80], &[]),
        (&[70, 70, 70, 70, 70], &[]),
        (&[0, 0, 0, 0, 0], &[]),
        // Four are not enough to compare.
        (&[100, 100, 100, 0], &[]),
    ] {
        let calls: Vec<Calls> = rates.iter().map(|rate| of(*rate)).collect();
        let settings = success_rate(SuccessRateEjection::new());
        assert_eq!(ejected(settings, &calls), expected, "{rates:?}");
    }
}

#[test]
fn who_is_at_the_least_success_rate_is_not_below_it() {
    // G-62: mean 50 %, deviation 50 %.
    let ejection = SuccessRateEjection::new().minimum_hosts(2);
    let at = success_rate(ejection.clone().stdev_factor(1000));
    assert_eq!(ejected(at, &[FINE, DEAD]), [0; 0]);
    let below = success_rate(ejection.stdev_factor(999));
    assert_eq!(ejected(below, &[FINE, DEAD]), [1]);
}

#[test]
fn the_deviation_is_that_of_the_population() {
    // G-62: mean 80 %, deviation 40 %, and the least is 4 %. A sample's were 45 %, and the least below 0.
    let settings = success_rate(SuccessRateEjection::new());
    assert_eq!(ejected(settings, &[FINE, FINE, FINE, FINE, DEAD]), [4]);
}

#[test]
fn a_least_success_rate_below_zero_ejects_nobody_and_the_failure_percentage_does() {
    // G-60: mean 60 %, deviation 49 %.
    let calls = [FINE, FINE, FINE, DEAD, DEAD];
    let alone = success_rate(SuccessRateEjection::new());
    assert_eq!(ejected(alone, &calls), [0; 0]);
    let both = OutlierDetection::new().max_ejection_percent(100).unwrap();
    assert_eq!(ejected(both, &calls), [3, 4]);
}

#[test]
fn rates_that_are_the_same_have_no_outlier_whatever_is_rounded() {
    // G-62
    for successes in 0..=100 {
        for count in [3, 6, 7, 10] {
            let ejection = SuccessRateEjection::new().stdev_factor(0).minimum_hosts(1);
            let calls = vec![(successes, 100 - successes); count];
            assert_eq!(
                ejected(success_rate(ejection), &calls),
                [0; 0],
                "{successes} {count}"
            );
        }
    }
}

#[test]
fn by_failure_percentage_those_above_the_threshold() {
    // G-62: at the threshold is not above it.
    for (last, expected) in [
        ((15, 85), &[][..]),
        ((14, 86), &[4]),
        ((0, 50), &[4]),
        // Too few calls to be judged, and then there are too few servers.
        ((0, 49), &[]),
        ((149, 851), &[4]),
        ((150, 850), &[]),
    ] {
        let settings = failure_percentage(FailurePercentageEjection::new());
        let calls = [FINE, FINE, FINE, FINE, last];
        assert_eq!(ejected(settings, &calls), expected, "{last:?}");
    }
    let all = failure_percentage(FailurePercentageEjection::new());
    assert_eq!(ejected(all, &[DEAD; 5]), [0, 1, 2, 3, 4]);
    let strict = FailurePercentageEjection::new().threshold(0).unwrap();
    let calls = [FINE, FINE, (1000, 1), FINE, FINE];
    assert_eq!(ejected(failure_percentage(strict), &calls), [2]);
    let never = FailurePercentageEjection::new().threshold(100).unwrap();
    assert_eq!(ejected(failure_percentage(never), &[DEAD; 5]), [0; 0]);
}

#[test]
fn who_has_too_few_calls_is_not_judged_and_no_measure_for_others() {
    // G-62
    let few = (0, 99);
    let settings = || success_rate(SuccessRateEjection::new());
    assert_eq!(
        ejected(settings(), &[FINE, FINE, FINE, FINE, FINE, few]),
        [0; 0],
    );
    assert_eq!(ejected(settings(), &[FINE, FINE, FINE, few, DEAD]), [0; 0]);
    assert_eq!(
        ejected(settings(), &[FINE, FINE, FINE, FINE, few, DEAD]),
        [5]
    );
    let lax = SuccessRateEjection::new()
        .request_volume(99)
        .minimum_hosts(2);
    assert_eq!(
        ejected(success_rate(lax), &[FINE, FINE, FINE, FINE, few]),
        [4]
    );
    // None at all is no rate.
    let none = SuccessRateEjection::new()
        .request_volume(0)
        .minimum_hosts(0);
    assert_eq!(ejected(success_rate(none), &[(0, 0); 3]), [0; 0]);
    let none = FailurePercentageEjection::new()
        .request_volume(0)
        .minimum_hosts(0);
    assert_eq!(ejected(failure_percentage(none), &[(0, 0); 3]), [0; 0]);
}

#[test]
fn only_a_part_of_all_is_ejected_and_one_at_least() {
    // G-60
    for (percent, servers, expected) in [
        (10, 5, 1),
        (10, 10, 1),
        (10, 11, 2),
        (10, 20, 2),
        (34, 3, 2),
        (33, 3, 1),
        (1, 50, 1),
        (100, 6, 6),
        (0, 6, 0),
    ] {
        let ejection = FailurePercentageEjection::new().minimum_hosts(1);
        let settings = failure_percentage(ejection).max_ejection_percent(percent);
        let ejected = ejected(settings.unwrap(), &vec![DEAD; servers]);
        assert_eq!(ejected.len(), expected, "{percent} % of {servers}");
    }
}

#[test]
fn those_that_are_ejected_count_for_the_next_sweep() {
    // G-60
    let mut site = Site::new(10, OutlierDetection::new());
    let mut calls = [FINE; 10];
    calls[7] = DEAD;
    assert_eq!(site.sweep(&calls), [7]);
    calls = [FINE; 10];
    calls[2] = DEAD;
    assert_eq!(site.sweep(&calls), [7]);
}

#[test]
fn some_outliers_are_spared_by_chance() {
    // G-62
    fastrand::seed(62);
    for (percent, least, most) in [(0, 0, 0), (25, 35, 65), (100, 200, 200)] {
        let failures = FailurePercentageEjection::new().enforcement_percentage(percent);
        let settings = failure_percentage(failures.unwrap());
        let ejected = ejected(settings, &[DEAD; 200]).len();
        assert!((least..=most).contains(&ejected), "{percent} %: {ejected}");

        // Mean 78 %, deviation 42 %.
        let rates = SuccessRateEjection::new().stdev_factor(1000);
        let settings = success_rate(rates.enforcement_percentage(percent).unwrap());
        let mut calls = [FINE; 900];
        calls[..200].fill(DEAD);
        let ejected = self::ejected(settings, &calls).len();
        assert!((least..=most).contains(&ejected), "{percent} %: {ejected}");
    }
}

/// Intervals of ten seconds, one after the other, until a server is back that is ejected.
fn intervals_out(site: &mut Site) -> u32 {
    let mut intervals = 0;
    while !site.sweep(&[FINE; 5]).is_empty() {
        intervals += 1;
        assert!(intervals < 1000);
    }
    intervals + 1
}

#[test]
fn each_time_in_a_row_it_is_longer_and_no_longer_than_the_most() {
    // G-61: 30 s, 60 s, 90 s and so on, and 300 s at last.
    let mut site = Site::new(5, OutlierDetection::new());
    let calls = [FINE, FINE, FINE, FINE, DEAD];
    for times in 1..15 {
        assert_eq!(site.sweep(&calls), [4]);
        assert_eq!(intervals_out(&mut site), (3 * times).min(30), "{times}");
    }
}

#[test]
fn who_is_ejected_is_not_ejected_once_more() {
    // G-61: by both ways in one sweep, and by calls that end there afterwards.
    let settings = OutlierDetection::new().max_ejection_percent(100).unwrap();
    let mut site = Site::new(5, settings);
    let calls = [FINE, FINE, FINE, FINE, DEAD];
    assert_eq!(site.sweep(&calls), [4]);
    assert_eq!(site.sweep(&calls), [4]);
    assert_eq!(site.sweep(&calls), [4]);
    assert_eq!(site.sweep(&[FINE; 5]), [0; 0]);
    assert_eq!(site.sweep(&calls), [4]);
    assert_eq!(intervals_out(&mut site), 6);
}

#[test]
fn each_interval_that_it_behaves_is_forgiven() {
    // G-61
    let mut site = Site::new(5, OutlierDetection::new());
    let calls = [FINE, FINE, FINE, FINE, DEAD];
    for times in [1, 2, 3] {
        assert_eq!(site.sweep(&calls), [4]);
        assert_eq!(intervals_out(&mut site), 3 * times);
    }
    assert_eq!(site.sweep(&[FINE; 5]), [0; 0]);
    assert_eq!(site.sweep(&[]), [0; 0]);
    assert_eq!(site.sweep(&calls), [4]);
    assert_eq!(intervals_out(&mut site), 6);
    for _ in 0..9 {
        assert_eq!(site.sweep(&[]), [0; 0]);
    }
    assert_eq!(site.sweep(&calls), [4]);
    assert_eq!(intervals_out(&mut site), 3);
}

#[test]
fn a_base_above_the_most_is_the_most() {
    // G-60
    for (base, most, intervals) in [(50, Some(20), 5), (50, Some(70), 5), (400, None, 40)] {
        let mut settings = OutlierDetection::new().base_ejection_time(Duration::from_secs(base));
        if let Some(most) = most {
            settings = settings.max_ejection_time(Duration::from_secs(most));
        }
        let mut site = Site::new(5, settings);
        assert_eq!(site.sweep(&[FINE, FINE, FINE, FINE, DEAD]), [4]);
        assert_eq!(intervals_out(&mut site), intervals);
    }
    let settings = OutlierDetection::new()
        .base_ejection_time(Duration::from_secs(50))
        .max_ejection_time(Duration::from_secs(70));
    let mut site = Site::new(5, settings);
    for intervals in [5, 7, 7] {
        assert_eq!(site.sweep(&[FINE, FINE, FINE, FINE, DEAD]), [4]);
        assert_eq!(intervals_out(&mut site), intervals);
    }
    // And times that are no times do no harm.
    let settings = OutlierDetection::new()
        .base_ejection_time(Duration::MAX)
        .max_ejection_time(Duration::MAX);
    let mut site = Site::new(5, settings);
    assert_eq!(site.sweep(&[FINE, FINE, FINE, FINE, DEAD]), [4]);
    assert_eq!(site.sweep(&[]), [4]);
    let site = OutlierDetection::new().interval(Duration::MAX);
    assert_eq!(Site::new(5, site).turn().wakes_in, None);
}

#[test]
fn it_wakes_at_the_end_of_each_interval_and_not_before() {
    // G-61
    let mut site = Site::new(5, OutlierDetection::new());
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(site.turn().wakes_in, seconds(10));
    site.calls(&[FINE, FINE, FINE, FINE, DEAD]);
    site.fleet.wait(4_000);
    assert_eq!(site.turn().wakes_in, seconds(6));
    assert_eq!(site.ejected(), [0; 0]);
    site.fleet.wait(6_000);
    assert_eq!(site.ejected(), [4]);
    // It is late, and counts the next one from then.
    site.fleet.wait(13_000);
    assert_eq!(site.turn().wakes_in, seconds(10));
    site.fleet.wait(1_000);
    assert_eq!(site.turn().wakes_in, seconds(9));
}

#[test]
fn calls_count_in_the_interval_in_which_they_end() {
    // G-61
    let mut site = Site::new(5, OutlierDetection::new());
    let half = [(60, 0), (60, 0), (60, 0), (60, 0), (40, 20)];
    assert_eq!(site.sweep(&half), [0; 0]);
    assert_eq!(site.sweep(&[FINE, FINE, FINE, FINE, (0, 40)]), [0; 0]);
    assert_eq!(site.sweep(&[FINE, FINE, FINE, FINE, DEAD]), [4]);
}

#[test]
fn a_change_of_settings_keeps_the_phase() {
    // G-63
    let mut site = Site::new(5, OutlierDetection::new());
    site.calls(&[FINE, FINE, FINE, FINE, DEAD]);
    site.fleet.wait(4_000);
    let longer = OutlierDetection::new().interval(Duration::from_secs(7));
    let longer = longer.around(Box::new(RoundRobin::new()));
    assert!(site.policy.update(Box::new(longer)).is_ok());
    assert_eq!(site.turn().wakes_in, Some(Duration::from_secs(3)));
    assert_eq!(site.ejected(), [0; 0]);
    // An interval that is over by the new settings ends at once, with what was counted.
    let shorter = OutlierDetection::new().interval(Duration::from_secs(2));
    let shorter = shorter.around(Box::new(RoundRobin::new()));
    assert!(site.policy.update(Box::new(shorter)).is_ok());
    assert_eq!(site.ejected(), [4]);
    assert_eq!(site.turn().wakes_in, Some(Duration::from_secs(2)));
}

#[test]
fn without_a_way_of_ejection_nothing_is_counted_and_all_come_back() {
    // G-60
    let mut site = Site::new(5, OutlierDetection::new());
    let calls = [FINE, FINE, FINE, FINE, DEAD];
    assert_eq!(site.sweep(&calls), [4]);
    let off = || OutlierDetection::off().around(Box::new(RoundRobin::new()));
    assert!(site.policy.update(Box::new(off())).is_ok());
    let answer = site.turn();
    assert_eq!(answer.wakes_in, None);
    assert_eq!(site.ejected(), [0; 0]);
    assert!(site.policy.observer().is_none());

    // When it is on again, an interval begins, and nobody is held anything against.
    let on = OutlierDetection::new().around(Box::new(RoundRobin::new()));
    assert!(site.policy.update(Box::new(on)).is_ok());
    assert_eq!(site.turn().wakes_in, Some(Duration::from_secs(10)));
    assert_eq!(site.sweep(&calls), [4]);
    assert_eq!(intervals_out(&mut site), 3);
}

#[test]
fn it_goes_by_the_server_wherever_that_stands_in_the_list() {
    // G-63
    let mut site = Site::new(5, OutlierDetection::new());
    assert_eq!(site.sweep(&[FINE, FINE, FINE, FINE, DEAD]), [4]);
    site.fleet.list(|list| {
        list.reverse();
        list.insert(0, server(9).in_state(State::Ready));
    });
    assert_eq!(site.ejected(), [4]);
    // One that came is judged as the others.
    let mut site = Site::new(5, OutlierDetection::new());
    let list = |site: &mut Site, number| {
        let new = server(number).in_state(State::Ready);
        site.fleet.list(|list| list.push(new));
        assert_eq!(site.ejected(), [0; 0]);
        site.policy.observer().unwrap()
    };
    let observer = list(&mut site, 9);
    (0..100).for_each(|_| observer.ended(Key::of(9), false));
    assert_eq!(site.sweep(&[FINE; 5]), [9]);
    // Of what ends later than its server is in the list, nothing is left.
    site.fleet.list(|list| list.truncate(5));
    assert_eq!(site.ejected(), [0; 0]);
    (0..100).for_each(|_| observer.ended(Key::of(9), false));
    list(&mut site, 9);
    assert_eq!(site.sweep(&[FINE; 5]), [0; 0]);
}

#[test]
fn an_ejected_server_stays_connected_and_connects_again() {
    // G-63
    let mut site = Site::new(5, OutlierDetection::new());
    site.sweep(&[FINE, FINE, FINE, FINE, DEAD]);
    let answer = site.turn();
    assert!(answer.rests.is_empty() && answer.connects.is_empty() && !answer.resolves);
    site.fleet.lose(4);
    let answer = site.turn();
    assert_eq!((answer.connects, answer.resolves), (vec![4], true));
    site.fleet.set(4, State::Ready);
    assert_eq!(site.ejected(), [4]);
}

#[test]
fn if_all_are_ejected_calls_fail_and_say_why() {
    // G-43, G-63
    let mut site = Site::new(5, failure_percentage(FailurePercentageEjection::new()));
    assert_eq!(site.sweep(&[DEAD; 5]), [0, 1, 2, 3, 4]);
    let answer = site.turn();
    assert_eq!(answer.state, State::TransientFailure);
    assert_eq!(
        answer.error(),
        "no server takes the call: 10.0.0.0:50051 is ejected: too many of its calls failed"
    );
    // That of one that is not connected says more.
    site.fleet.fail(3);
    assert!(site.turn().error().contains("3 refused"));
}

#[test]
fn pick_first_is_not_changed_by_it() {
    // G-35
    let mut site = Site::new(5, OutlierDetection::new());
    site.policy = OutlierDetection::new().around(Box::new(PickFirst::new()));
    assert_eq!(site.turn().used(), 0);
    (1..5).for_each(|number| site.fleet.set(number, State::Ready));
    site.calls(&[DEAD, FINE, FINE, FINE, FINE]);
    site.fleet.wait(10_000);
    assert_eq!(site.turn().used(), 0);
}

/// A policy that hears of calls, wants to be asked every second, and all to connect and the name to be resolved.
#[derive(Default)]
struct Hears(Arc<Heard>);

#[derive(Default)]
struct Heard(AtomicU64);

impl Policy for Hears {
    fn name(&self) -> &'static str {
        "hears"
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        turn.resolve_again();
        turn.connect(turn.subchannels()[0].key());
        turn.rest(turn.subchannels()[1].key());
        Outlook::queueing(State::Ready).waking_at(turn.now() + Duration::from_secs(1))
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        Some(self.0.clone())
    }
}

impl Observer for Heard {
    fn ended(&self, _: Key, _: bool) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_the_other_policy_wants_is_done() {
    // G-63
    let policy = Hears::default();
    let heard = policy.0.clone();
    let mut policy = OutlierDetection::new().around(Box::new(policy));
    let answer = Fleet::of(2).turn(&mut policy);
    assert_eq!((answer.connects, answer.rests), (vec![0], vec![1]));
    assert!(answer.resolves);
    assert_eq!(answer.wakes_in, Some(Duration::from_secs(1)));
    policy.observer().unwrap().ended(Key::of(0), true);
    assert_eq!(heard.0.load(Ordering::Relaxed), 1);

    // Also if nothing is counted here.
    let mut policy = OutlierDetection::off().around(Box::new(Hears(heard.clone())));
    Fleet::of(2).turn(&mut policy);
    policy.observer().unwrap().ended(Key::of(0), true);
    assert_eq!(heard.0.load(Ordering::Relaxed), 2);
}

#[test]
fn settings_are_checked_and_the_error_names_them() {
    // G-60
    type Refused = Result<(), ziggurat_balance::policy::InvalidPolicy>;
    let all: [(&str, Refused); 4] = [
        (
            "max_ejection_percent",
            OutlierDetection::new().max_ejection_percent(101).map(drop),
        ),
        (
            "success_rate_ejection.enforcement_percentage",
            SuccessRateEjection::new()
                .enforcement_percentage(101)
                .map(drop),
        ),
        (
            "failure_percentage_ejection.threshold",
            FailurePercentageEjection::new().threshold(101).map(drop),
        ),
        (
            "failure_percentage_ejection.enforcement_percentage",
            FailurePercentageEjection::new()
                .enforcement_percentage(101)
                .map(drop),
        ),
    ];
    for (field, refused) in all {
        let error = refused.unwrap_err();
        assert_eq!(
            (error.policy(), error.field()),
            ("outlier_detection", field)
        );
        assert_eq!(
            error.to_string(),
            format!("{field} of outlier_detection is 101: it must be at most 100")
        );
    }
    let mut nothing = OutlierDetection::new()
        .interval(Duration::ZERO)
        .around(Box::new(RoundRobin::new()));
    let answer = Fleet::of(1).turn(&mut nothing);
    assert_eq!(answer.wakes_in, Some(Duration::from_millis(1)));
}
