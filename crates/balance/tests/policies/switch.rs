use std::{sync::Arc, time::Duration};

use ziggurat_balance::{
    Policy,
    policy::{LeastRequest, Outlook, PickFirst, RoundRobin, Spread, State, Switch, Turn},
};

use crate::fleet::{Fleet, server};

/// A fleet of two, whose first server is ready, under a policy.
fn ready(policy: impl Policy) -> (Fleet, Switch) {
    let mut fleet = Fleet::of(2);
    let mut policy = Switch::new(Box::new(policy));
    fleet.turn(&mut policy);
    fleet.set(0, State::Ready);
    assert_eq!(fleet.turn(&mut policy).picks(2), [0, 0]);
    (fleet, policy)
}

/// A policy that is in a state, and wants all to rest, and to be asked again in a second.
struct Stuck(State);

impl Policy for Stuck {
    fn name(&self) -> &'static str {
        "stuck"
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        let all = turn.subchannels().iter();
        all.for_each(|one| turn.rest(one.key()));
        Outlook::queueing(self.0).waking_at(turn.now() + Duration::from_secs(1))
    }
}

#[test]
fn alone_it_is_the_policy() {
    let mut fleet = Fleet::of(2);
    let mut policy = Switch::new(Box::new(PickFirst::new()));
    assert_eq!(
        (policy.name(), policy.spread()),
        ("pick_first", Spread::Addresses)
    );
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.connects, [0]);
    assert_eq!(answer.wakes_in, Some(Duration::from_millis(250)));
}

#[test]
fn the_old_one_has_the_calls_until_the_new_one_is_ready() {
    // F-20
    let (mut fleet, mut policy) = ready(RoundRobin::new());
    policy.to(Box::new(Stuck(State::Connecting)));
    for _ in 0..3 {
        let answer = fleet.turn(&mut policy);
        assert_eq!((policy.name(), answer.state), ("round_robin", State::Ready));
        assert_eq!(answer.picks(2), [0, 0]);
        assert_eq!(answer.wakes_in, Some(Duration::from_secs(1)));
        // What one does not want, the other does.
        assert!(answer.rests.is_empty());
        assert!(answer.connects.iter().all(|number| *number == 1));
    }
}

#[test]
fn the_new_one_takes_over_when_it_is_ready_or_has_failed() {
    // F-20
    for state in [State::Ready, State::TransientFailure] {
        let (mut fleet, mut policy) = ready(RoundRobin::new());
        policy.to(Box::new(Stuck(state)));
        let answer = fleet.turn(&mut policy);
        assert_eq!((policy.name(), answer.state), ("stuck", state));
        assert_eq!(answer.rests, [0, 1]);
    }
}

#[test]
fn the_new_one_takes_over_when_the_old_one_is_not_ready_any_more() {
    // F-20
    let (mut fleet, mut policy) = ready(RoundRobin::new());
    policy.to(Box::new(Stuck(State::Connecting)));
    fleet.turn(&mut policy);
    fleet.lose(0);
    let answer = fleet.turn(&mut policy);
    assert_eq!((policy.name(), answer.state), ("stuck", State::Connecting));
    assert!(answer.resolves);
    assert_eq!(answer.connects, [0; 0]);

    // And so it does if it never was.
    let mut policy = Switch::new(Box::new(RoundRobin::new()));
    policy.to(Box::new(PickFirst::new()));
    assert_eq!(Fleet::of(2).turn(&mut policy).connects, [0]);
    assert_eq!(policy.name(), "pick_first");
}

#[test]
fn connections_are_kept() {
    // F-20
    let (mut fleet, mut policy) = ready(PickFirst::new());
    policy.to(Box::new(RoundRobin::new()));
    assert_eq!(policy.spread(), Spread::Endpoints);
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (policy.name(), answer.picks(2)),
        ("round_robin", vec![0, 0])
    );
    assert_eq!((answer.connects, answer.rests), (vec![1], vec![]));

    fleet.set(1, State::Ready);
    fleet.turn(&mut policy);
    policy.to(Box::new(PickFirst::new()));
    let answer = fleet.turn(&mut policy);
    assert_eq!((policy.name(), answer.picks(2)), ("pick_first", vec![0, 0]));
    assert_eq!((answer.connects, answer.rests), (vec![], vec![1]));
}

#[test]
fn what_the_old_one_rests_the_new_one_may_need() {
    // F-20: two races for a server, and the loser of the first is the winner of the second.
    let (mut fleet, mut policy) = ready(PickFirst::new());
    policy.to(Box::new(Stuck(State::Connecting)));
    fleet.set(1, State::Connecting);
    assert!(fleet.turn(&mut policy).rests.is_empty());
}

#[test]
fn the_same_policy_takes_over_the_settings_in_place() {
    // F-20
    let (mut fleet, mut policy) = ready(PickFirst::new());
    let first = fleet.turn(&mut policy);
    let delay = Duration::from_secs(1);
    policy.to(Box::new(PickFirst::new().connection_attempt_delay(delay)));
    let second = fleet.turn(&mut policy);
    assert!(Arc::ptr_eq(&first.picker, &second.picker));
    fleet.lose(0);
    fleet.ask();
    assert_eq!(fleet.turn(&mut policy).wakes_in, Some(delay));

    // Of a petiole policy too.
    let (mut fleet, mut policy) = ready(RoundRobin::new());
    let first = fleet.turn(&mut policy);
    policy.to(Box::new(RoundRobin::new()));
    let second = fleet.turn(&mut policy);
    assert!(Arc::ptr_eq(&first.picker, &second.picker));
    let (mut fleet, mut policy) = ready(LeastRequest::new());
    let first = fleet.turn(&mut policy);
    policy.to(Box::new(LeastRequest::new().choice_count(9).unwrap()));
    let second = fleet.turn(&mut policy);
    assert!(!Arc::ptr_eq(&first.picker, &second.picker));
    assert_eq!(second.picks(2), [0, 0]);
}

#[test]
fn one_that_takes_over_no_settings_is_replaced() {
    // F-20
    let (mut fleet, mut policy) = ready(RoundRobin::new());
    policy.to(Box::new(Stuck(State::Ready)));
    fleet.turn(&mut policy);
    policy.to(Box::new(Stuck(State::TransientFailure)));
    assert_eq!(fleet.turn(&mut policy).state, State::TransientFailure);
}

#[test]
fn only_the_last_of_several_takes_over() {
    // F-20
    let (mut fleet, mut policy) = ready(RoundRobin::new());
    policy.to(Box::new(Stuck(State::Connecting)));
    fleet.turn(&mut policy);
    policy.to(Box::new(LeastRequest::new()));
    fleet.turn(&mut policy);
    assert_eq!(policy.name(), "least_request");

    // Back to the old one, before there was another.
    policy.to(Box::new(Stuck(State::Connecting)));
    let first = fleet.turn(&mut policy);
    assert!(policy.update(Box::new(LeastRequest::new())).is_ok());
    let second = fleet.turn(&mut policy);
    assert_eq!((policy.name(), second.wakes_in), ("least_request", None));
    assert_eq!(first.picks(2), second.picks(2));
}

#[test]
fn the_list_is_new_to_the_new_one() {
    // F-20: though the channel has had it for long.
    struct Sees(Vec<bool>);
    impl Policy for Sees {
        fn name(&self) -> &'static str {
            "sees"
        }
        fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
            self.0.push(turn.is_new());
            let expected = [true, false, true];
            assert_eq!(self.0, expected[..self.0.len()]);
            match self.0.len() {
                3 => Outlook::queueing(State::Ready),
                _ => Outlook::queueing(State::Connecting),
            }
        }
    }
    let (mut fleet, mut policy) = ready(RoundRobin::new());
    policy.to(Box::new(Sees(Vec::new())));
    fleet.turn(&mut policy);
    fleet.turn(&mut policy);
    fleet.list(|list| list.push(server(2)));
    fleet.turn(&mut policy);
    assert_eq!(policy.name(), "sees");
}
