use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use ziggurat_balance::{
    Policy,
    policy::{Pick, RingHash, State, Subchannel},
};

use crate::{
    fleet::{Answer, Fleet, number, server},
    storm::{endure, event},
};

use State::{Connecting as C, Idle as I, Ready as R, TransientFailure as F};

fn ring_hash() -> RingHash {
    RingHash::new("x-table").unwrap()
}

fn fleet(states: &[State]) -> Fleet {
    let mut fleet = Fleet::of(states.len().try_into().unwrap());
    for (number, state) in (0..).zip(states) {
        match state {
            F => fleet.fail(number),
            state => fleet.set(number, *state),
        }
    }
    fleet
}

fn table(value: &str) -> HeaderMap {
    let value = HeaderValue::from_str(value).unwrap();
    [("x-table".parse().unwrap(), value)].into_iter().collect()
}

/// What becomes of a call of this table: the server, and what is to be done there.
fn pick(answer: &Answer, value: &str) -> (&'static str, u32) {
    match answer.pick_for(&table(value)) {
        Pick::Use(key) => ("use", number(key)),
        Pick::Connect(key) => ("connect", number(key)),
        Pick::Queue => ("queue", 0),
        Pick::Fail(error) => {
            let text = error.to_string();
            let digits = text.split(' ').find_map(|word| word.parse().ok());
            ("fail", digits.unwrap())
        }
        other => panic!("{other:?}"),
    }
}

/// The servers in the order in which a call of this table would try them.
fn walk(count: u32, value: &str) -> Vec<u32> {
    let mut fleet = fleet(&vec![R; count as usize]);
    let mut policy = ring_hash();
    let mut walk = Vec::new();
    for _ in 0..count {
        let (_, number) = pick(&fleet.turn(&mut policy), value);
        walk.push(number);
        fleet.fail(number);
    }
    walk
}

#[test]
fn a_value_has_a_server_and_keeps_it() {
    // G-57
    let mut fleet = fleet(&[R; 10]);
    let mut policy = ring_hash();
    let before = fleet.turn(&mut policy);
    let values: Vec<String> = (0..1000).map(|value| value.to_string()).collect();
    let used: HashMap<&str, u32> = values
        .iter()
        .map(|value| (value.as_str(), pick(&before, value).1))
        .collect();
    let servers: HashSet<u32> = used.values().copied().collect();
    assert_eq!(servers.len(), 10);

    // Whatever the order of the list.
    fleet.list(|list| list.reverse());
    let after = fleet.turn(&mut policy);
    assert!(
        used.iter()
            .all(|(value, before)| pick(&after, value).1 == *before)
    );

    // When one goes, its calls go to all others, and few others change: its places are filled up.
    fleet.list(|list| list.retain(|one| number(one.key()) != 4));
    let after = fleet.turn(&mut policy);
    let moved = used
        .iter()
        .filter(|(value, before)| pick(&after, value).1 != **before);
    let (of_it, of_others): (Vec<_>, Vec<_>) = moved.partition(|(_, before)| **before == 4);
    assert_eq!(
        of_it.len(),
        used.values().filter(|number| **number == 4).count()
    );
    assert!(of_others.len() < 120, "{}", of_others.len());
}

#[test]
fn a_list_with_other_weights_has_another_ring() {
    // G-55
    let mut fleet = fleet(&[R; 4]);
    let mut policy = ring_hash();
    let share = |answer: &Answer| {
        let picks = (0..1000).map(|value| pick(answer, &value.to_string()).1);
        picks.filter(|number| *number == 2).count()
    };
    let before = share(&fleet.turn(&mut policy));
    assert!(before.abs_diff(250) < 70, "{before}");
    fleet.list(|list| {
        let endpoint = list[2].endpoint().clone().weight(9);
        list[2] = Subchannel::new(list[2].key(), endpoint).in_state(R);
    });
    let after = share(&fleet.turn(&mut policy));
    assert!(after.abs_diff(750) < 70, "{after}");
}

#[test]
fn values_are_joined_by_commas() {
    // G-56
    let answer = fleet(&[R; 50]).turn(&mut ring_hash());
    for value in 0..20 {
        let mut two = table(&value.to_string());
        two.append("x-table", HeaderValue::from_static("window"));
        let joined = pick(&answer, &format!("{value},window"));
        match answer.pick_for(&two) {
            Pick::Use(key) => assert_eq!(("use", number(key)), joined),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_call_waits_for_its_server_and_passes_over_those_that_failed() {
    // G-57
    let walk = walk(4, "7");
    let [first, second, ..] = walk[..] else {
        panic!("{walk:?}")
    };
    for (of_first, of_second, expected) in [
        (R, R, ("use", first)),
        (I, R, ("connect", first)),
        (C, R, ("queue", 0)),
        (F, R, ("use", second)),
        (F, I, ("connect", second)),
        (F, C, ("queue", 0)),
    ] {
        let mut states = [R; 4];
        states[first as usize] = of_first;
        states[second as usize] = of_second;
        let answer = fleet(&states).turn(&mut ring_hash());
        assert_eq!(pick(&answer, "7"), expected, "{of_first:?} {of_second:?}");
    }
    // If all have failed, the first says why.
    let answer = fleet(&[F; 4]).turn(&mut ring_hash());
    assert_eq!(answer.state, F);
    assert_eq!(pick(&answer, "7"), ("fail", first));
}

#[test]
fn a_call_without_the_header_goes_anywhere() {
    // G-56
    fastrand::seed(56);
    let answer = fleet(&[R; 5]).turn(&mut ring_hash());
    assert!(answer.picker.looks_at_calls());
    let picks: HashSet<u32> = answer.picks(200).into_iter().collect();
    assert_eq!(picks.len(), 5);
    // Nothing in it is no header.
    let empty = (0..200).map(|_| pick(&answer, "").1);
    assert_eq!(empty.collect::<HashSet<u32>>().len(), 5);
}

#[test]
fn without_the_header_it_waits_for_nobody_and_wakes_one_at_most() {
    // G-56
    fastrand::seed(56);
    let answer = fleet(&[R, I, I]).turn(&mut ring_hash());
    let mut woken = HashSet::new();
    for _ in 0..200 {
        match answer.pick() {
            Pick::Use(key) => assert_eq!(number(key), 0),
            Pick::UseAndConnect(key, idle) => {
                assert_eq!(number(key), 0);
                woken.insert(number(idle));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(woken, HashSet::from([1, 2]));

    // One connects already.
    let answer = fleet(&[R, I, C]).turn(&mut ring_hash());
    assert_eq!(answer.picks(100), [0; 100]);
    let answer = fleet(&[F, I, C]).turn(&mut ring_hash());
    assert!((0..100).all(|_| answer.queues()));
    // None does, and none is ready.
    let answer = fleet(&[I, I, I]).turn(&mut ring_hash());
    assert!(matches!(answer.pick(), Pick::Connect(_)));
    let answer = fleet(&[F, F, F]).turn(&mut ring_hash());
    assert!(answer.error().contains("refused"));
}

#[test]
fn states_of_the_channel() {
    // G-58
    for (states, whole) in [
        (&[R, F, F, F][..], R),
        (&[R, C, I], R),
        (&[F, F, C, I], F),
        (&[F, C, I], C),
        (&[C, I], C),
        (&[F, I], C),
        (&[F, C], C),
        (&[I, I], I),
        (&[F], F),
        (&[F, F], F),
    ] {
        assert_eq!(
            fleet(states).turn(&mut ring_hash()).state,
            whole,
            "{states:?}"
        );
    }
}

#[test]
fn nobody_connects_without_a_call() {
    // G-57
    let answer = fleet(&[I; 5]).turn(&mut ring_hash());
    assert_eq!((answer.state, answer.connects), (I, vec![]));
    let answer = fleet(&[R, I, I]).turn(&mut ring_hash());
    assert_eq!(answer.connects, [0; 0]);
}

#[test]
fn one_after_the_other_is_woken_until_one_is_ready() {
    // G-58: or a channel that has two servers left, of a hundred, would never find them.
    let mut fleet = fleet(&[F, I, I, I]);
    let mut policy = ring_hash();
    for number in 1..4 {
        assert_eq!(fleet.turn(&mut policy).connects, [number]);
        assert_eq!(fleet.turn(&mut policy).connects, [0; 0]);
        fleet.fail(number);
    }
    assert_eq!(fleet.turn(&mut policy).connects, [0; 0]);
}

#[test]
fn who_waits_without_a_call_gets_a_connection() {
    // D-1: a handle that wants the channel connected.
    let mut fleet = Fleet::of(3);
    let mut policy = ring_hash();
    fleet.ask();
    let answer = fleet.turn(&mut policy);
    assert_eq!(
        (answer.connects, answer.wakes_in),
        (vec![], Some(Duration::ZERO))
    );
    fleet.ask();
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![0], None));

    // A call has woken one between the turns.
    let mut fleet = Fleet::of(3);
    fleet.ask();
    fleet.turn(&mut policy);
    fleet.set(2, C);
    fleet.ask();
    let answer = fleet.turn(&mut policy);
    assert_eq!((answer.connects, answer.wakes_in), (vec![], None));
}

#[test]
fn failures_and_losses_resolve_again() {
    // G-57
    let mut fleet = fleet(&[R, R]);
    let mut policy = ring_hash();
    assert!(!fleet.turn(&mut policy).resolves);
    fleet.lose(0);
    let answer = fleet.turn(&mut policy);
    assert!(answer.resolves);
    assert_eq!(answer.connects, [0; 0]);
    fleet.fail(0);
    assert!(fleet.turn(&mut policy).resolves);
    assert!(!fleet.turn(&mut policy).resolves);
}

#[test]
fn the_picker_stays_while_nothing_changes() {
    // G-57
    let mut fleet = fleet(&[R, F]);
    let mut policy = ring_hash();
    let first = fleet.turn(&mut policy);
    let second = fleet.turn(&mut policy);
    assert!(Arc::ptr_eq(&first.picker, &second.picker));
    // What calls fail with is part of it.
    fleet.fail(1);
    let third = fleet.turn(&mut policy);
    assert!(!Arc::ptr_eq(&first.picker, &third.picker));
    // And the list, and the settings.
    fleet.list(|list| list.push(server(2)));
    let fourth = fleet.turn(&mut policy);
    assert!(!Arc::ptr_eq(&third.picker, &fourth.picker));
    assert!(
        policy
            .update(Box::new(RingHash::new("x-window").unwrap()))
            .is_ok()
    );
    let fifth = fleet.turn(&mut policy);
    assert!(!Arc::ptr_eq(&fourth.picker, &fifth.picker));
}

#[test]
fn settings_are_checked() {
    // G-55
    for header in ["", "x table", "x-table-bin", "ä"] {
        let error = RingHash::new(header).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "request_hash_header of ring_hash is {header:?}: it must be the name of a header, and not end in -bin"
            )
        );
    }
    let most = 8 * 1024 * 1024;
    for (min, max, field) in [
        (0, 1, "min_ring_size"),
        (1, 0, "max_ring_size"),
        (1, most + 1, "max_ring_size"),
        (most + 1, most + 1, "min_ring_size"),
        (2, 1, "min_ring_size"),
    ] {
        let error = ring_hash().ring_size(min, max).unwrap_err();
        assert_eq!((error.policy(), error.field()), ("ring_hash", field));
    }
    let error = ring_hash().ring_size(0, 1).unwrap_err().to_string();
    assert_eq!(
        error,
        "min_ring_size of ring_hash is 0: it must be 1 to 8388608"
    );
    let error = ring_hash().ring_size(2, 1).unwrap_err().to_string();
    assert_eq!(
        error,
        "min_ring_size of ring_hash is 2: it must be at most max_ring_size"
    );
    assert!(ring_hash().ring_size(1, most).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    // G-20
    #[test]
    fn nothing_makes_it_panic_or_pick_who_is_not_there(
        events in prop::collection::vec(event(), 1..200),
        seed in any::<u64>(),
    ) {
        endure(&mut ring_hash(), &events, seed);
    }
}
