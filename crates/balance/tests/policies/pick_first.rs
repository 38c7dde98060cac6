use std::{collections::HashSet, net::SocketAddr, path::PathBuf, time::Duration};

use ziggurat_balance::{
    Address, Endpoint, Policy,
    policy::{Key, PickFirst, Spread, State, Subchannel},
};

use crate::fleet::{Fleet, server};

const DELAY: Option<Duration> = Some(Duration::from_millis(250));

/// A fleet whose server of this number was chosen.
fn ready(count: u32, number: u32) -> (Fleet, PickFirst) {
    let mut fleet = Fleet::of(count);
    let mut policy = PickFirst::new();
    fleet.turn(&mut policy);
    fleet.set(number, State::Ready);
    assert_eq!(fleet.turn(&mut policy).used(), number);
    (fleet, policy)
}

/// A fleet all of whose servers have failed.
fn failed(count: u32) -> (Fleet, PickFirst) {
    let mut fleet = Fleet::of(count);
    let mut policy = PickFirst::new();
    for number in 0..count {
        fleet.turn(&mut policy);
        fleet.fail(number);
    }
    assert_eq!(fleet.turn(&mut policy).state, State::TransientFailure);
    (fleet, policy)
}

#[test]
fn it_connects_each_address_for_itself() {
    // G-30
    assert_eq!(PickFirst::new().spread(), Spread::Addresses);
}

#[test]
fn the_next_address_is_tried_after_the_delay_and_the_first_goes_on() {
    // G-31
    let mut fleet = Fleet::of(3);
    let mut policy = PickFirst::new();
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects.clone(), answer.wakes_in), (vec![0], DELAY));
    assert_eq!(answer.state, State::Connecting);
    assert!(answer.queues());

    fleet.wait(249);
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.connects, [0; 0]);
    assert_eq!(answer.wakes_in, Some(Duration::from_millis(1)));

    fleet.wait(1);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![1], DELAY));
    assert!(answer.rests.is_empty());

    // The last one has all the time it takes.
    fleet.wait(250);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![2], None));
    fleet.wait(60_000);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![], None));
    assert_eq!(answer.state, State::Connecting);
}

#[test]
fn a_failure_is_reason_enough_to_try_the_next() {
    // G-31
    let mut fleet = Fleet::of(4);
    let mut policy = PickFirst::new();
    fleet.turn(&mut policy);
    fleet.wait(10);
    fleet.fail(0);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![1], DELAY));
    fleet.wait(250);
    assert_eq!(fleet.turn(&mut policy).connects, [2]);
    // One that began earlier, and connects anew already.
    fleet.fail(1);
    fleet.set(1, State::Connecting);
    assert_eq!(fleet.turn(&mut policy).connects, [3]);
    // One that failed once counts once, though it tries on and fails again.
    fleet.fail(0);
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.state, State::Connecting);
    assert!(!answer.resolves);
}

#[test]
fn the_delay_stays_within_its_bounds() {
    // G-31
    for (wanted, got) in [
        (0, 100),
        (99, 100),
        (300, 300),
        (2000, 2000),
        (60_000, 2000),
    ] {
        let wanted = Duration::from_millis(wanted);
        let mut policy = PickFirst::new().connection_attempt_delay(wanted);
        let answer = Fleet::of(2).turn(&mut policy);
        assert_eq!(
            answer.wakes_in,
            Some(Duration::from_millis(got)),
            "{wanted:?}"
        );
    }
}

#[test]
fn the_first_that_is_ready_has_all_calls_and_the_others_rest() {
    // G-31, G-33
    let mut fleet = Fleet::of(4);
    let mut policy = PickFirst::new();
    fleet.turn(&mut policy);
    fleet.wait(250);
    fleet.turn(&mut policy);
    fleet.fail(0);
    fleet.turn(&mut policy);
    fleet.set(1, State::Ready);
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.picks(3), [1, 1, 1]);
    assert_eq!(answer.rests, [0, 2]);
    assert_eq!((answer.state, answer.wakes_in), (State::Ready, None));
    // Said once, since they rest.
    assert!(fleet.turn(&mut policy).rests.is_empty());
}

#[test]
fn what_connects_counts_as_tried_and_what_failed_is_passed_over() {
    // G-31
    let mut fleet = Fleet::of(4);
    fleet.fail(0);
    fleet.set(1, State::Connecting);
    let mut policy = PickFirst::new();
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![], DELAY));
    fleet.wait(250);
    assert_eq!(fleet.turn(&mut policy).connects, [2]);
}

#[test]
fn after_all_have_failed_calls_fail_until_one_is_ready() {
    // G-32
    let mut fleet = Fleet::of(2);
    let mut policy = PickFirst::new();
    fleet.turn(&mut policy);
    fleet.fail(0);
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.state, State::Connecting);
    assert!(!answer.resolves);
    fleet.fail(1);
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.state, State::TransientFailure);
    assert!(answer.error().contains("1 refused"));
    assert!(answer.resolves);
    assert!(answer.rests.is_empty());

    // It stays so, whatever is tried.
    fleet.set(0, State::Idle);
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.connects, [0]);
    assert_eq!(answer.state, State::TransientFailure);

    fleet.set(1, State::Ready);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.used()), (State::Ready, 1));
}

#[test]
fn it_resolves_again_after_as_many_failures_as_there_are_addresses() {
    // G-32
    let (mut fleet, mut policy) = failed(3);
    for (number, resolves) in [
        (0, false),
        (0, false),
        (1, true),
        (0, false),
        (2, false),
        (1, true),
    ] {
        fleet.fail(number);
        let answer = fleet.turn(&mut policy);
        assert_eq!(answer.resolves, resolves);
        assert!(answer.error().contains(&format!("{number} refused")));
        assert!(!fleet.turn(&mut policy).resolves);
    }
    // Also if several turns are one.
    (0..3).for_each(|number| fleet.fail(number));
    assert!(fleet.turn(&mut policy).resolves);
}

#[test]
fn another_list_is_raced_though_calls_fail_meanwhile() {
    // G-32
    let (mut fleet, mut policy) = failed(2);
    fleet.list(|list| list.extend([server(2), server(3)]));
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.connects, [2]);
    assert_eq!(
        (answer.state, answer.wakes_in),
        (State::TransientFailure, DELAY)
    );
    fleet.wait(250);
    assert_eq!(fleet.turn(&mut policy).connects, [3]);
    // It is over, and resolves again.
    fleet.fail(2);
    assert!(!fleet.turn(&mut policy).resolves);
    fleet.fail(3);
    assert!(fleet.turn(&mut policy).resolves);

    // Of servers that have not been tried yet it is the old error that calls fail with.
    fleet.list(|list| *list = vec![server(4)]);
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (answer.state, answer.connects.clone()),
        (State::TransientFailure, vec![4])
    );
    assert!(answer.error().contains("3 refused"));
}

#[test]
fn what_failed_is_forgotten_once_one_was_ready() {
    // G-32
    let (mut fleet, mut policy) = failed(2);
    fleet.set(1, State::Ready);
    fleet.turn(&mut policy);
    fleet.set(1, State::Connecting);
    let answer = fleet.turn(&mut policy);
    assert_eq!(answer.state, State::Connecting);
    assert!(answer.queues());
}

#[test]
fn what_happened_before_it_was_there_is_none_of_its_business() {
    // F-20: another policy had them before.
    let mut fleet = Fleet::of(2);
    fleet.lose(0);
    fleet.fail(1);
    let answer = fleet.turn(&mut PickFirst::new());
    assert_eq!(
        (answer.state, answer.connects),
        (State::Connecting, vec![0])
    );
    assert!(!answer.resolves);
}

#[test]
fn it_is_idle_after_a_loss_until_somebody_asks() {
    // G-33
    let (mut fleet, mut policy) = ready(2, 0);
    fleet.lose(0);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.connects), (State::Idle, vec![]));
    assert!(answer.resolves);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.connects), (State::Idle, vec![]));
    assert!(!answer.resolves);

    // The latest list is tried.
    fleet.list(|list| list.reverse());
    assert_eq!(fleet.turn(&mut policy).state, State::Idle);
    fleet.ask();
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (answer.state, answer.connects),
        (State::Connecting, vec![1])
    );
    assert!(!answer.resolves);
}

#[test]
fn who_waits_already_does_not_wait_for_another_turn() {
    // G-33
    let (mut fleet, mut policy) = ready(2, 0);
    fleet.lose(0);
    fleet.ask();
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (answer.state, answer.connects),
        (State::Connecting, vec![0])
    );
    assert!(answer.resolves);
}

#[test]
fn a_connection_that_comes_and_goes_between_two_turns_is_a_loss() {
    // G-33
    let mut fleet = Fleet::of(2);
    let mut policy = PickFirst::new();
    fleet.turn(&mut policy);
    fleet.lose(0);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.connects), (State::Idle, vec![]));
    assert!(answer.resolves);

    let (mut fleet, mut policy) = failed(2);
    fleet.lose(0);
    assert_eq!(fleet.turn(&mut policy).state, State::Idle);
}

#[test]
fn a_selected_server_that_connects_anew_is_raced_at_once() {
    // G-33
    let (mut fleet, mut policy) = ready(3, 1);
    fleet.fail(1);
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (answer.state, answer.connects),
        (State::Connecting, vec![0])
    );
    assert!(answer.resolves);

    let (mut fleet, mut policy) = ready(3, 0);
    fleet.set(0, State::Connecting);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.connects), (State::Connecting, vec![]));
    assert_eq!(answer.wakes_in, DELAY);
}

#[test]
fn a_list_that_has_the_selected_server_keeps_it() {
    // G-34
    let (mut fleet, mut policy) = ready(2, 1);
    fleet.list(|list| list.splice(0..1, [server(5), server(6)]).for_each(drop));
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.used(), answer.connects), (1, vec![]));
    assert!(!answer.resolves);
}

#[test]
fn a_list_without_it_is_a_loss() {
    // G-33
    let (mut fleet, mut policy) = ready(2, 1);
    fleet.list(|list| list.truncate(1));
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.connects), (State::Idle, vec![]));
    assert!(answer.resolves);
}

#[test]
fn a_list_amid_the_race_begins_it_anew() {
    // G-31
    let mut fleet = Fleet::of(2);
    let mut policy = PickFirst::new();
    fleet.turn(&mut policy);
    fleet.wait(100);
    fleet.list(|list| list.insert(0, server(7)));
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![7], DELAY));
    fleet.wait(250);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![], DELAY));
    fleet.wait(250);
    assert_eq!(fleet.turn(&mut policy).connects, [1]);
}

#[test]
fn it_heeds_no_ejection() {
    // G-35
    let (mut fleet, mut policy) = ready(2, 0);
    fleet.change(0, |one| one.reporting(State::TransientFailure));
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.used()), (State::Ready, 0));
    // Nor when it chooses.
    let answer = fleet.turn(&mut PickFirst::new());
    assert_eq!((answer.state, answer.used()), (State::Ready, 0));
}

/// In which order a policy tries these: endpoints, each with its addresses.
fn tried(endpoints: &[&[&str]]) -> Vec<String> {
    let mut all = Vec::new();
    for (group, addresses) in endpoints.iter().enumerate() {
        for address in *addresses {
            let address = match address.parse::<SocketAddr>() {
                Ok(address) => Address::from(address),
                Err(_) => Address::from(PathBuf::from(address)),
            };
            let key = Key::of(all.len().try_into().unwrap());
            all.push(Subchannel::new(key, Endpoint::new(address)).in_group(group));
        }
    }
    let name = |number: u32| all[number as usize].endpoint().addresses()[0].to_string();
    let mut fleet = Fleet::new(all.clone());
    let order = order(&mut fleet, &mut PickFirst::new());
    order.into_iter().map(name).collect()
}

/// In which order it tries them all.
fn order(fleet: &mut Fleet, policy: &mut PickFirst) -> Vec<u32> {
    let mut order = Vec::new();
    for _ in 0..fleet.subchannels.len() {
        order.extend(fleet.turn(policy).connects);
        fleet.wait(250);
    }
    order
}

#[test]
fn families_take_turns() {
    // G-30
    let [a4, b4, c4, d4] = ["1.0.0.1:1", "1.0.0.2:1", "1.0.0.3:1", "1.0.0.4:1"];
    let [a6, b6, c6] = ["[::1]:1", "[::2]:1", "[::3]:1"];
    for (endpoints, order) in [
        (&[&[a4, b4, a6, b6][..]][..], &[a4, a6, b4, b6][..]),
        (&[&[a6, a4], &[b4], &[b6, c6]], &[a6, a4, b6, b4, c6]),
        // More of one than of the other.
        (&[&[a4, b4, c4, d4, a6]], &[a4, a6, b4, c4, d4]),
        (&[&[a6, b6, c6, a4]], &[a6, a4, b6, c6]),
        (&[&[a6, b6, c6]], &[a6, b6, c6]),
        // What is neither takes its turns too, and what is only dressed as IPv6 is not.
        (
            &[&[a4], &["/cafe"], &[b4], &[a6]],
            &[a4, "unix:/cafe", a6, b4],
        ),
        (
            &[&[a4], &["[::ffff:1.0.0.9]:1"], &[a6]],
            &[a4, a6, "[::ffff:1.0.0.9]:1"],
        ),
    ] {
        assert_eq!(tried(endpoints), order, "{endpoints:?}");
    }
}

#[test]
fn shuffled_endpoints_keep_their_addresses_together() {
    // G-30
    fastrand::seed(30);
    let mut seen = HashSet::new();
    for _ in 0..200 {
        let pairs = (0..6_u32).map(|number| server(number).in_group(number as usize / 2));
        let mut fleet = Fleet::new(pairs.collect());
        let mut policy = PickFirst::new().shuffle_address_list(true);
        seen.insert(order(&mut fleet, &mut policy));
    }
    assert_eq!(seen.len(), 6);
    for order in seen {
        let pairs = order.chunks(2).all(|pair| pair[0] + 1 == pair[1]);
        assert!(pairs, "{order:?}");
    }
}

#[test]
fn an_endpoint_is_first_as_often_as_its_weight_says() {
    // G-30: also with weights whose sum overflows.
    fastrand::seed(113);
    let weights = [1, 3, 4].map(|part| part * (u32::MAX / 5));
    let mut firsts = [0_u32; 3];
    for _ in 0..4000 {
        let servers = (0..).zip(weights).map(|(number, weight)| {
            let endpoint = server(number).endpoint().clone().weight(weight);
            Subchannel::new(Key::of(number), endpoint)
        });
        let mut policy = PickFirst::new().shuffle_address_list(true);
        let first = Fleet::new(servers.collect()).turn(&mut policy).connects[0];
        firsts[first as usize] += 1;
    }
    for (count, expected) in firsts.into_iter().zip([500, 1500, 2000]) {
        assert!(count.abs_diff(expected) < 120, "{firsts:?}");
    }
}

#[test]
fn a_list_with_other_weights_is_shuffled_anew() {
    // G-30
    let weigh = |heavy: u32| {
        move |list: &mut Vec<Subchannel>| {
            for (number, one) in (0..).zip(list) {
                let weight = if number == heavy { u32::MAX } else { 1 };
                let endpoint = one.endpoint().clone().weight(weight);
                let state = one.state();
                *one = Subchannel::new(one.key(), endpoint).in_state(state);
            }
        }
    };
    let mut fleet = Fleet::of(5);
    fleet.list(weigh(3));
    let mut policy = PickFirst::new().shuffle_address_list(true);
    assert_eq!(fleet.turn(&mut policy).connects, [3]);
    fleet.set(3, State::Ready);
    fleet.turn(&mut policy);
    fleet.list(weigh(1));
    fleet.turn(&mut policy);
    fleet.lose(3);
    fleet.ask();
    assert_eq!(fleet.turn(&mut policy).connects, [1]);
}

#[test]
fn each_list_is_shuffled_once() {
    // G-30: or a server that was lost would be followed by any other.
    fastrand::seed(30);
    let mut fleet = Fleet::of(8);
    let mut policy = PickFirst::new().shuffle_address_list(true);
    let first = fleet.turn(&mut policy).connects[0];
    for _ in 0..20 {
        fleet.set(first, State::Ready);
        fleet.turn(&mut policy);
        fleet.lose(first);
        fleet.ask();
        assert_eq!(fleet.turn(&mut policy).connects, [first]);
    }
}

#[test]
fn one_that_is_ready_again_by_itself_has_the_calls() {
    // G-33: a connection that was doubted, and is not any more
    let (mut fleet, mut policy) = ready(2, 0);
    fleet.lose(0);
    assert_eq!(fleet.turn(&mut policy).state, State::Idle);
    fleet.set(0, State::Ready);
    fleet.ask();
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.used(), answer.state), (0, State::Ready));
    assert_eq!(answer.connects, [0; 0]);
}

#[test]
fn idle_it_lets_go_of_what_still_tries() {
    // G-33: one was ready, and is lost already
    let (mut fleet, mut policy) = failed(3);
    fleet.lose(0);
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.state, answer.rests), (State::Idle, vec![1, 2]));
}
