use std::{collections::HashSet, sync::Arc};

use ziggurat_balance::policy::{LeastRequest, State};

use crate::fleet::Fleet;

/// A fleet all of whose servers are ready, with so many calls each.
fn busy(calls: &[usize]) -> Fleet {
    let mut fleet = Fleet::of(calls.len().try_into().unwrap());
    for (number, calls) in (0..).zip(calls) {
        fleet.set(number, State::Ready);
        fleet.load(number).set(*calls);
    }
    fleet
}

/// Of so many calls, how many each server has. None of them counts as running.
fn shares(fleet: &mut Fleet, policy: &mut LeastRequest, calls: usize) -> Vec<usize> {
    let picks = fleet.turn(policy).picks(calls);
    let of = |number| picks.iter().filter(|pick| **pick == number).count();
    (0..)
        .zip(&fleet.subchannels)
        .map(|(number, _)| of(number))
        .collect()
}

#[test]
fn the_less_busy_of_two_has_the_call() {
    // G-50: drawn with replacement, so that the busiest of n still has 1 of n² calls.
    fastrand::seed(50);
    let mut policy = LeastRequest::new();
    assert_eq!(shares(&mut busy(&[0]), &mut policy, 9), [9]);
    for (calls, expected) in [
        (&[7, 3][..], &[1000, 3000][..]),
        (&[9, 3, 5], &[444, 2222, 1333]),
        (&[2, 2], &[2000, 2000]),
    ] {
        let mut policy = LeastRequest::new();
        let shares = shares(&mut busy(calls), &mut policy, 4000);
        for (share, expected) in shares.iter().zip(expected) {
            assert!(share.abs_diff(*expected) < 150, "{calls:?}: {shares:?}");
        }
    }
}

#[test]
fn choice_count_has_bounds() {
    // G-50
    for count in [0, 1] {
        let error = LeastRequest::new().choice_count(count).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("choice_count of least_request is {count}: it must be at least 2")
        );
        assert_eq!(
            (error.policy(), error.field()),
            ("least_request", "choice_count")
        );
    }
    // Of ten draws out of two the busy server has all once in 1024; of more, it would hardly ever.
    fastrand::seed(50);
    let mut policy = LeastRequest::new().choice_count(u32::MAX).unwrap();
    let busy = shares(&mut busy(&[1, 0]), &mut policy, 40_960)[0];
    assert!((20..60).contains(&busy), "{busy}");
}

#[test]
fn loads_are_looked_at_for_each_call() {
    // G-50
    fastrand::seed(50);
    let mut fleet = busy(&[0; 4]);
    let answer = fleet.turn(&mut LeastRequest::new());
    for _ in 0..4000 {
        let picked = fleet.load(answer.used());
        picked.set(picked.calls() + 1);
    }
    let loads: Vec<usize> = (0..4).map(|number| fleet.load(number).calls()).collect();
    let all = loads.iter().all(|load| load.abs_diff(1000) < 10);
    assert!(all, "{loads:?}");
}

#[test]
fn counts_outlive_pickers() {
    // G-50
    fastrand::seed(50);
    let mut fleet = busy(&[0, 0, 0]);
    let mut policy = LeastRequest::new().choice_count(10).unwrap();
    let first = fleet.turn(&mut policy);
    fleet.load(1).set(5);
    fleet.fail(2);
    let second = fleet.turn(&mut policy);
    assert!(!Arc::ptr_eq(&first.picker, &second.picker));
    assert_eq!(second.picks(5), [0; 5]);
    fleet.load(1).set(0);
    fleet.load(0).set(1);
    assert_eq!(second.picks(5), [1; 5]);
}

#[test]
fn only_ready_servers_have_calls_and_the_others_connect() {
    // G-41, G-50
    let mut fleet = Fleet::of(4);
    let mut policy = LeastRequest::new();
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (answer.state, answer.connects),
        (State::Connecting, vec![0, 1, 2, 3])
    );
    fleet.set(1, State::Ready);
    fleet.set(3, State::Ready);
    fleet.fail(2);
    let answer = fleet.turn(&mut policy);
    assert!(answer.resolves);
    let picks: HashSet<u32> = answer.picks(50).into_iter().collect();
    assert_eq!(picks, HashSet::from([1, 3]));
    fleet.lose(3);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects.clone(), answer.resolves), (vec![3], true));
    assert_eq!(answer.picks(3), [1; 3]);
}
