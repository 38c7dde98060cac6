//! Lists of resolvers as tables: what they say, and what subchannels come of it.

use std::net::SocketAddr;

use super::*;
use crate::{
    Address, Endpoint,
    channel::list::{self, Wanted},
    policy::Spread,
};
use Spread::{Addresses, Endpoints};

fn socket(number: u8) -> Address {
    SocketAddr::from(([10, 0, 0, number], 80)).into()
}

fn endpoint(numbers: &[u8], weight: u32) -> Endpoint {
    let first = Endpoint::new(socket(numbers[0])).weight(weight);
    let others = numbers[1..].iter();
    others.fold(first, |endpoint, number| endpoint.address(socket(*number)))
}

/// Where each is, its place in the list, and its weight.
fn shown(wanted: &[Wanted]) -> Vec<(String, usize, u32)> {
    let wanted = wanted.iter();
    wanted
        .map(|one| {
            let addresses = one.target.addresses().iter().map(ToString::to_string);
            let addresses: Vec<_> = addresses.collect();
            let place = match &addresses[..] {
                [] => one.target.to_string(),
                several => several.join(" "),
            };
            (place, one.group, one.endpoint.weight_or_one())
        })
        .collect()
}

#[track_caller]
fn assert_wanted(endpoints: &[Endpoint], spread: Spread, expected: &[(&str, usize, u32)]) {
    let wanted = list::wanted(endpoints.to_vec(), spread, &target()).unwrap();
    let expected: Vec<_> = expected
        .iter()
        .map(|&(place, group, weight)| (place.to_owned(), group, weight))
        .collect();
    assert_eq!(shown(&wanted), expected);
}

#[test]
fn an_empty_list_is_none() {
    // G-14
    for spread in [Endpoints, Addresses] {
        assert!(
            list::wanted(Vec::new(), spread, &target())
                .unwrap_err()
                .is_none()
        );
    }
}

#[test]
fn each_server_is_there_once_in_its_first_place() {
    // G-40: the order of addresses does not matter. Weights add up, as far as they go.
    let list = [
        endpoint(&[1, 2], 3),
        endpoint(&[3], 1),
        endpoint(&[2, 1], 4),
        endpoint(&[3], u32::MAX),
    ];
    let expected = [
        ("10.0.0.1:80 10.0.0.2:80", 0, 7),
        ("http://10.0.0.3:80", 1, u32::MAX),
    ];
    assert_wanted(&list, Endpoints, &expected);
}

#[test]
fn an_address_under_two_names_is_a_server_of_each() {
    // G-40: as servers they are two, as addresses one.
    let list = [endpoint(&[1, 2], 1), endpoint(&[1], 1)];
    let servers = [
        ("10.0.0.1:80 10.0.0.2:80", 0, 1),
        ("http://10.0.0.1:80", 1, 1),
    ];
    assert_wanted(&list, Endpoints, &servers);
    let addresses = [("http://10.0.0.1:80", 0, 2), ("http://10.0.0.2:80", 0, 1)];
    assert_wanted(&list, Addresses, &addresses);
}

#[test]
fn what_can_be_no_address_is_left_out() {
    let nowhere = || Endpoint::new(Address::Unix("/x".repeat(200).into()));
    let list = [nowhere(), endpoint(&[1], 1), nowhere()];
    for spread in [Endpoints, Addresses] {
        assert_wanted(&list, spread, &[("http://10.0.0.1:80", 1, 1)]);
        let error = list::wanted(vec![nowhere()], spread, &target()).unwrap_err();
        let text = error.unwrap().to_string();
        assert!(text.contains("/x/x"), "{text}");
    }
}

#[test]
fn ten_thousand_are_ten_thousand() {
    let address = |number: u32| SocketAddr::from((number.to_be_bytes(), 80));
    let list: Vec<_> = (1..=10_000)
        .map(|number| Endpoint::new(address(number)))
        .collect();
    let twice = [list.clone(), list].concat();
    let wanted = list::wanted(twice, Endpoints, &target()).unwrap();
    assert_eq!(wanted.len(), 10_000);
    assert!(wanted.iter().all(|one| one.endpoint.weight_or_one() == 2));
}
