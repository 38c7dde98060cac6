use std::{collections::HashSet, sync::Arc};

use ziggurat_balance::policy::{RoundRobin, State};

use crate::fleet::{Fleet, server};

/// A fleet all of whose servers are ready.
fn ready(count: u32) -> Fleet {
    let mut fleet = Fleet::of(count);
    (0..count).for_each(|number| fleet.set(number, State::Ready));
    fleet
}

#[test]
fn connects_to_every_server_at_once() {
    // G-41
    let mut fleet = Fleet::of(3);
    let answer = fleet.turn(&mut RoundRobin::new());
    assert_eq!(answer.connects, [0, 1, 2]);
    assert_eq!(answer.state, State::Connecting);
    assert!(answer.queues());
    assert!(!answer.resolves);
    assert_eq!(answer.wakes_in, None);
}

#[test]
fn goes_round() {
    // G-42
    fastrand::seed(4);
    let picks = ready(3).turn(&mut RoundRobin::new()).picks(9);
    let [first, second, third] = [picks[0], picks[1], picks[2]];
    assert_eq!(second, (first + 1) % 3);
    assert_eq!(third, (first + 2) % 3);
    assert_eq!(picks, [first, second, third].repeat(3));
}

#[test]
fn begins_anywhere() {
    // G-42: or all clients of a name begin at its first server.
    fastrand::seed(4);
    let first = |_| ready(5).turn(&mut RoundRobin::new()).used();
    let firsts: HashSet<u32> = (0..100).map(first).collect();
    assert_eq!(firsts.len(), 5);
}

#[test]
fn goes_on_where_it_was_while_the_same_are_ready() {
    // G-42: a start at random for each of the many turns would make it a random choice.
    let mut fleet = ready(4);
    let mut policy = RoundRobin::new();
    let first = fleet.turn(&mut policy);
    let mut picks = first.picks(2);
    for _ in 0..10 {
        let next = fleet.turn(&mut policy);
        assert!(Arc::ptr_eq(&first.picker, &next.picker));
        picks.extend(next.picks(1));
    }
    let sorted = |picks: &[u32]| {
        let mut picks = picks.to_vec();
        picks.sort_unstable();
        picks
    };
    picks
        .chunks(4)
        .for_each(|round| assert_eq!(sorted(round), [0, 1, 2, 3]));
}

#[test]
fn states_of_the_channel() {
    use State::{Connecting as C, Idle as I, Ready as R, TransientFailure as F};
    // G-22, G-41, G-43
    for (states, whole, picked) in [
        ([R, R, R], R, &[0, 1, 2][..]),
        ([R, F, C], R, &[0]),
        ([F, F, R], R, &[2]),
        ([C, F, F], C, &[]),
        ([F, F, I], C, &[]),
        ([I, I, I], C, &[]),
        ([F, F, F], F, &[]),
    ] {
        let mut fleet = Fleet::of(3);
        for (number, state) in (0..).zip(states) {
            match state {
                F => fleet.fail(number),
                state => fleet.set(number, state),
            }
        }
        let answer = fleet.turn(&mut RoundRobin::new());
        assert_eq!(answer.state, whole, "{states:?}");
        match whole {
            R => {
                let picks: HashSet<u32> = answer.picks(6).into_iter().collect();
                assert_eq!(picks, picked.iter().copied().collect(), "{states:?}");
            }
            F => assert!(answer.error().contains("refused")),
            _ => assert!(answer.queues(), "{states:?}"),
        }
    }
}

#[test]
fn calls_fail_with_the_latest_error() {
    // G-43
    let mut fleet = Fleet::of(3);
    let mut policy = RoundRobin::new();
    for number in [0, 2, 1] {
        fleet.fail(number);
        fleet.turn(&mut policy);
    }
    assert!(fleet.turn(&mut policy).error().contains("1 refused"));
    fleet.fail(0);
    assert!(fleet.turn(&mut policy).error().contains("0 refused"));
}

#[test]
fn a_lost_connection_is_made_again_and_the_name_resolved() {
    // G-41
    let mut fleet = ready(2);
    let mut policy = RoundRobin::new();
    assert!(!fleet.turn(&mut policy).resolves);
    fleet.lose(1);
    let answer = fleet.turn(&mut policy);
    assert!(answer.resolves);
    assert_eq!(answer.connects, [1]);
    assert_eq!(answer.picks(3), [0, 0, 0]);
    // Once.
    assert!(!fleet.turn(&mut policy).resolves);
}

#[test]
fn each_failure_resolves_again() {
    // G-41: a server that fails and fails may have moved each time.
    let mut fleet = Fleet::of(2);
    let mut policy = RoundRobin::new();
    fleet.turn(&mut policy);
    for _ in 0..3 {
        fleet.fail(0);
        assert!(fleet.turn(&mut policy).resolves);
        assert!(!fleet.turn(&mut policy).resolves);
    }
}

#[test]
fn what_happened_between_two_turns_is_not_missed() {
    // G-41: lost and connected again, which the states do not show.
    let mut fleet = ready(2);
    let mut policy = RoundRobin::new();
    fleet.turn(&mut policy);
    fleet.lose(0);
    fleet.set(0, State::Ready);
    assert!(fleet.turn(&mut policy).resolves);
    fleet.fail(1);
    fleet.set(1, State::Ready);
    assert!(fleet.turn(&mut policy).resolves);
    assert!(!fleet.turn(&mut policy).resolves);
}

#[test]
fn what_happened_before_it_was_there_is_none_of_its_business() {
    // F-20: another policy had them before.
    let mut fleet = ready(3);
    fleet.lose(0);
    fleet.fail(1);
    assert!(!fleet.turn(&mut RoundRobin::new()).resolves);
}

#[test]
fn what_a_later_list_does_not_have_gets_no_calls() {
    // G-40: and what was there goes on as it was, wherever it stands.
    let mut fleet = ready(3);
    let mut policy = RoundRobin::new();
    fleet.turn(&mut policy);
    fleet.list(|list| {
        list.remove(0);
        list.insert(0, server(7));
        list.swap(0, 2);
    });
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.connects, [7]);
    assert!(!answer.resolves);
    assert!(answer.rests.is_empty());
    let picks: HashSet<u32> = answer.picks(6).into_iter().collect();
    assert_eq!(picks, HashSet::from([1, 2]));
}

#[test]
fn an_ejected_server_is_passed_over_and_stays_connected() {
    // G-63
    let mut fleet = ready(2);
    let mut policy = RoundRobin::new();
    fleet.turn(&mut policy);
    fleet.change(0, |one| one.reporting(State::TransientFailure));
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.picks(3), [1, 1, 1]);
    assert!(answer.rests.is_empty() && answer.connects.is_empty());
}
