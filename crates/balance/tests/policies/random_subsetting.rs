use std::collections::HashSet;

use ziggurat_balance::{
    Policy,
    policy::{LeastRequest, PickFirst, RandomSubsetting, RoundRobin, Spread, State},
};

use crate::fleet::{Fleet, server};

fn subsetting(size: u32) -> RandomSubsetting {
    RandomSubsetting::new(size, Box::new(RoundRobin::new())).unwrap()
}

/// Which of the servers it connects, or has connected.
fn subset(fleet: &mut Fleet, policy: &mut dyn Policy) -> HashSet<u32> {
    fleet.turn(policy);
    let all = fleet.subchannels.iter();
    let connected = all.filter(|one| one.state() != State::Idle);
    connected
        .map(|one| crate::fleet::number(one.key()))
        .collect()
}

#[test]
fn so_many_are_connected_and_no_others() {
    // G-65
    for (size, servers, expected) in [(1, 5, 1), (3, 5, 3), (5, 5, 5), (9, 5, 5), (u32::MAX, 2, 2)]
    {
        let subset = subset(&mut Fleet::of(servers), &mut subsetting(size));
        assert_eq!(subset.len(), expected, "{size} of {servers}");
    }
    let error = RandomSubsetting::new(0, Box::new(RoundRobin::new())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "subset_size of random_subsetting is 0: it must be at least 1"
    );
}

#[test]
fn all_clients_together_spread_evenly() {
    // G-65
    fastrand::seed(65);
    let mut counts = [0_u32; 10];
    for _ in 0..1000 {
        for number in subset(&mut Fleet::of(10), &mut subsetting(3)) {
            counts[number as usize] += 1;
        }
    }
    assert!(
        counts.iter().all(|count| count.abs_diff(300) < 50),
        "{counts:?}"
    );
}

#[test]
fn who_comes_and_goes_changes_one_at_most() {
    // G-65
    fastrand::seed(65);
    let mut fleet = Fleet::of(20);
    let mut policy = subsetting(5);
    let mut before = subset(&mut fleet, &mut policy);
    for number in 20..200 {
        fleet.list(|list| {
            let place = fastrand::usize(..list.len());
            if fastrand::bool() {
                list.remove(place);
            } else {
                list.insert(place, server(number));
            }
        });
        let after = subset(&mut fleet, &mut policy);
        assert_eq!(after.len(), 5);
        assert!(after.difference(&before).count() <= 1);
        before = after;
    }
}

#[test]
fn the_order_of_the_list_does_not_matter() {
    // G-65
    let mut fleet = Fleet::of(20);
    let mut policy = subsetting(5);
    let before = subset(&mut fleet, &mut policy);
    fleet.list(|list| list.reverse());
    assert_eq!(fleet.turn(&mut policy).connects, [0; 0]);
    assert_eq!(subset(&mut fleet, &mut policy), before);
}

#[test]
fn who_is_not_in_it_any_more_rests_and_has_no_calls() {
    // G-65: a better one comes, of many.
    let mut fleet = Fleet::of(2);
    let mut policy = subsetting(2);
    fleet.turn(&mut policy);
    (0..2).for_each(|number| fleet.set(number, State::Ready));
    fleet.list(|list| list.extend((2..100).map(server)));
    let answer = fleet.turn(&mut policy);
    let rest: HashSet<u32> = answer.rests.into_iter().collect();
    assert_eq!(answer.connects.len(), rest.len());
    assert!(!rest.is_empty());
    assert!(fleet.turn(&mut policy).rests.is_empty());
}

#[test]
fn endpoints_keep_their_addresses_together() {
    // G-65
    let pairs = (0..20_u32).map(|number| server(number).in_group(number as usize / 2));
    let mut fleet = Fleet::new(pairs.collect());
    let mut policy = RandomSubsetting::new(3, Box::new(PickFirst::new())).unwrap();
    assert_eq!(policy.spread(), Spread::Addresses);
    let mut tried = Vec::new();
    for _ in 0..9 {
        tried.extend(fleet.turn(&mut policy).connects);
        fleet.wait(250);
    }
    assert_eq!(tried.len(), 6);
    assert!(
        tried.chunks(2).all(|pair| pair[0] / 2 == pair[1] / 2),
        "{tried:?}"
    );
}

#[test]
fn other_settings_keep_whom_they_can() {
    // F-20
    let mut fleet = Fleet::of(20);
    let mut policy = subsetting(5);
    let five = subset(&mut fleet, &mut policy);
    assert!(policy.update(Box::new(subsetting(8))).is_ok());
    let eight = subset(&mut fleet, &mut policy);
    assert!(eight.len() == 8 && five.is_subset(&eight));
    let least = RandomSubsetting::new(5, Box::new(LeastRequest::new())).unwrap();
    assert!(policy.update(Box::new(least)).is_ok());
    assert_eq!(subset(&mut fleet, &mut policy), five);
    assert!(policy.update(Box::new(RoundRobin::new())).is_err());
}
