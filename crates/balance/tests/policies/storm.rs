//! Every policy in any weather: whatever comes in whatever order, it does not panic, and speaks of servers there are.

use proptest::prelude::*;
use ziggurat_balance::{
    Policy,
    policy::{
        FailurePercentageEjection, LeastRequest, OutlierDetection, Pick, PickFirst,
        RandomSubsetting, RoundRobin, State, Switch,
    },
};

use crate::fleet::{Fleet, number, server};

/// What may happen, to the server at a place of the list.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Set(usize, State),
    Fail(usize),
    Lose(usize),
    Eject(usize),
    Add(usize, u32),
    Remove(usize),
    Ask,
    /// Calls end, of that server, and fail or not.
    Calls(usize, bool),
    Wait(u64),
    Turn,
    /// Another policy: this one, of those there are.
    Switch(usize),
}

fn policies() -> Vec<Box<dyn Policy>> {
    vec![
        Box::new(RoundRobin::new()),
        Box::new(LeastRequest::new()),
        Box::new(PickFirst::new()),
        Box::new(PickFirst::new().shuffle_address_list(true)),
        Box::new(outliers().around(Box::new(RoundRobin::new()))),
        Box::new(outliers().around(Box::new(PickFirst::new()))),
        Box::new(RandomSubsetting::new(2, Box::new(RoundRobin::new())).unwrap()),
        Box::new(RandomSubsetting::new(2, Box::new(PickFirst::new())).unwrap()),
        Box::new(Switch::new(Box::new(PickFirst::new()))),
    ]
}

/// Ejects as soon as a server has ten calls.
fn outliers() -> OutlierDetection {
    let failures = FailurePercentageEjection::new()
        .request_volume(10)
        .minimum_hosts(1);
    let settings = OutlierDetection::new().failure_percentage_ejection(failures);
    settings.max_ejection_percent(60).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    // G-20
    #[test]
    fn nothing_makes_them_panic_or_pick_who_is_not_there(
        events in prop::collection::vec(event(), 1..200),
        seed in any::<u64>(),
    ) {
        for mut policy in policies() {
            endure(&mut *policy, &events, seed);
        }
    }
}

/// All of this happens to a policy.
pub(crate) fn endure(policy: &mut dyn Policy, events: &[Event], seed: u64) {
    fastrand::seed(seed);
    let mut fleet = Fleet::of(3);
    for event in events {
        happen(&mut fleet, policy, event);
    }
    check(&mut fleet, policy);
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let place = 0..8_usize;
    let state = prop::sample::select(vec![State::Idle, State::Connecting, State::Ready]);
    prop_oneof![
        4 => (place.clone(), state).prop_map(|(place, state)| Event::Set(place, state)),
        2 => place.clone().prop_map(Event::Fail),
        2 => place.clone().prop_map(Event::Lose),
        1 => place.clone().prop_map(Event::Eject),
        1 => (place.clone(), 0..900_u32).prop_map(|(place, number)| Event::Add(place, number)),
        1 => place.prop_map(Event::Remove),
        1 => Just(Event::Ask),
        2 => (0..8_usize, any::<bool>()).prop_map(|(place, is_success)| Event::Calls(place, is_success)),
        2 => (0..20_000_u64).prop_map(Event::Wait),
        6 => Just(Event::Turn),
        1 => (0..policies().len()).prop_map(Event::Switch),
    ]
}

fn happen(fleet: &mut Fleet, policy: &mut dyn Policy, event: &Event) {
    let len = fleet.subchannels.len();
    let at = |place: usize| number(fleet.subchannels[place % len].key());
    match *event {
        Event::Set(place, state) => fleet.set(at(place), state),
        Event::Fail(place) => fleet.fail(at(place)),
        Event::Lose(place) => fleet.lose(at(place)),
        Event::Eject(place) => {
            fleet.change(at(place), |one| one.reporting(State::TransientFailure));
        }
        Event::Add(place, number) => {
            let new = server(number);
            if fleet.subchannels.iter().all(|one| one.key() != new.key()) {
                fleet.list(|list| list.insert(place % len, new));
            }
        }
        Event::Remove(place) if len > 1 => fleet.list(|list| {
            list.remove(place % len);
        }),
        Event::Remove(_) => {}
        Event::Ask => fleet.ask(),
        Event::Calls(place, is_success) => {
            let key = fleet.subchannels[place % len].key();
            if let Some(observer) = policy.observer() {
                (0..20).for_each(|_| observer.ended(key, is_success));
                observer.trailers(key, &http::HeaderMap::new());
            }
        }
        Event::Wait(millis) => fleet.wait(millis),
        Event::Turn => check(fleet, policy),
        Event::Switch(place) => {
            let new = policies().swap_remove(place);
            // Those that take over nothing stay as they are.
            let _handed_back = policy.update(new);
        }
    }
}

/// A turn, whose answer is of this list. That wishes are so, the fleet sees.
fn check(fleet: &mut Fleet, policy: &mut dyn Policy) {
    let before = fleet.subchannels.clone();
    let answer = fleet.turn(policy);
    let is_ready = |key| {
        let mut all = before.iter();
        let one = all.find(|one| one.key() == key);
        one.is_some_and(|one| one.state() == State::Ready || one.reported() == State::Ready)
    };
    for _ in 0..5 {
        let pick = answer.pick();
        let fits = match pick {
            Pick::Use(key) | Pick::UseAndConnect(key, _) => {
                answer.state == State::Ready && is_ready(key)
            }
            // It may depend on the call.
            Pick::Queue | Pick::Connect(_) if answer.picker.looks_at_calls() => true,
            Pick::Queue => answer.state != State::Ready,
            Pick::Connect(_) => matches!(answer.state, State::Connecting | State::Idle),
            Pick::Fail(_) | Pick::Drop(_) => answer.state == State::TransientFailure,
        };
        assert!(fits, "{pick:?} in {:?}", answer.state);
    }
}
