use std::{error::Error, io, net::SocketAddr, path::PathBuf, task::Poll};

use super::{addresses, poll};
use crate::{
    Address, Endpoint, Resolver,
    resolve::{Fixed, InvalidEndpoints},
};

#[test]
fn a_list_is_told_once_and_in_its_order() {
    // G-11
    let texts = [
        "10.0.0.2:443",
        "[::1]:50051",
        "10.0.0.1:443",
        "[fe80::1%2]:1",
    ];
    let mut fixed = Fixed::new(texts).unwrap();
    assert_eq!(fixed.name(), "a fixed list");
    assert_eq!(addresses(&mut fixed), texts);
    assert!(matches!(poll(&mut fixed), Poll::Ready(None)));

    fixed.resolve_again();
    assert!(matches!(poll(&mut fixed), Poll::Ready(None)));
}

#[test]
fn a_list_is_of_whatever_can_be_an_endpoint() {
    let address = SocketAddr::from(([10, 0, 0, 1], 443));
    let text = String::from("10.0.0.1:443");
    let ways = [
        Fixed::new([address]),
        Fixed::new(vec![text]),
        Fixed::new([Address::Socket(address)]),
        Fixed::new([Endpoint::new(address).weight(3)]),
        Fixed::new(Some("10.0.0.1:443")),
    ];
    for way in ways {
        assert_eq!(addresses(&mut way.unwrap()), ["10.0.0.1:443"]);
    }
}

#[cfg(unix)]
#[test]
fn unix_sockets_are_read_as_targets_are() {
    // G-3
    let paths = [
        ("unix:cafe.sock", "cafe.sock"),
        ("unix:/run/cafe.sock", "/run/cafe.sock"),
        ("unix:///run/cafe.sock", "/run/cafe.sock"),
        ("unix:/run/cafe%3F.sock", "/run/cafe?.sock"),
    ];
    for (text, path) in paths {
        assert_eq!(
            text.parse::<Address>().unwrap(),
            Address::Unix(PathBuf::from(path))
        );
    }
}

#[test]
fn an_empty_list_is_an_error_where_it_is_made() {
    // G-14
    let error = Fixed::new::<Endpoint>([]).unwrap_err();
    assert!(matches!(error, InvalidEndpoints::Empty));
    assert_eq!(
        error.to_string(),
        "the list of endpoints is empty: it needs one at least"
    );
    assert!(error.source().is_none());
}

#[test]
fn what_is_no_address_is_named_with_what_to_write() {
    let cases = [
        ("10.0.0.1", r#""10.0.0.1" has no port: write 10.0.0.1:443"#),
        ("::1", r#""::1" has no port: write [::1]:443"#),
        ("[::1]", r#""[::1]" has no port: write [::1]:443"#),
        (
            "10.0.0.1:0",
            r#""10.0.0.1:0" has a bad port: write a number from 1 to 65535"#,
        ),
        (
            "10.0.0.1:",
            r#""10.0.0.1:" has a bad port: write a number from 1 to 65535"#,
        ),
        (
            "[::1]:65536",
            r#""[::1]:65536" has a bad port: write a number from 1 to 65535"#,
        ),
        (
            "http://10.0.0.1:443",
            r#""http://10.0.0.1:443" has a scheme: write the address alone, as in 10.0.0.1:443 or [::1]:443"#,
        ),
        (
            "cafe:443",
            r#""cafe:443" is no address: write 10.0.0.1:443, [::1]:443 or unix:path; a name needs a resolver"#,
        ),
        (
            "",
            r#""" is no address: write 10.0.0.1:443, [::1]:443 or unix:path; a name needs a resolver"#,
        ),
    ];
    for (text, sentence) in cases {
        let error = text.parse::<Address>().unwrap_err();
        assert_eq!((error.text(), error.to_string().as_str()), (text, sentence));
        assert!(error.source().is_none());

        let error = Fixed::new(["10.0.0.1:443", text]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("endpoint 2 of the list: {sentence}")
        );
        assert_eq!(format!("{error:?}"), error.to_string());
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_no_socket_can_have_keeps_its_cause() {
    let long = format!("unix:/{}", "x".repeat(200));
    let error = Fixed::new([long.as_str()]).unwrap_err();
    let sentence = format!("endpoint 1 of the list: the target {long:?} can be no unix socket: ");
    assert!(error.to_string().starts_with(&sentence), "{error}");
    let cause = error.source().unwrap();
    assert!(cause.is::<io::Error>(), "{cause:?}");

    let error = "unix:".parse::<Address>().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"the target "unix:" has no path: write unix:path"#
    );
}
