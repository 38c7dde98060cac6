use std::{
    net::{SocketAddr, SocketAddrV6},
    path::Path,
};

use http::uri::Authority;

use super::{Place, Target};

fn parse(text: &str) -> Target {
    Target::parse(text).unwrap()
}

fn tcp(host: &str, port: u16) -> Place<'_> {
    Place::Tcp { host, port }
}

#[test]
fn may_be_at_another_place() {
    // A-11, I-32, T-27
    let places = [
        (tcp("10.0.0.1", 1), "https://10.0.0.1:1/v1"),
        (tcp("cafe-1", 80), "https://cafe-1:80/v1"),
        (tcp("::1", 443), "https://[::1]:443/v1"),
        (tcp("fe80::1%2", 443), "https://[fe80::1%2]:443/v1"),
        #[cfg(unix)]
        (Place::Unix(Path::new("/run/a?")), "unix:/run/a%3F"),
        #[cfg(target_os = "linux")]
        (Place::UnixAbstract("cafe"), "unix-abstract:cafe"),
    ];
    let named = parse("https://10.9.9.9/v1").with_authority(Authority::from_static("cafe:5"));
    for channel in [parse("https://cafe.example:50051/v1/"), named] {
        for (place, text) in places {
            let target = channel.at(place).unwrap();
            assert_eq!((target.place(), target.to_string().as_str()), (place, text));
            assert_eq!(target.scheme(), channel.scheme());
            assert_eq!(target.authority(), channel.authority());
            assert_eq!(target.prefix(), channel.prefix());
            // As often as one likes: nothing is left of a place where it was before.
            assert_eq!(
                channel.at(tcp("bar", 1)).unwrap().at(place).unwrap(),
                target
            );
        }
    }
    // Of a unix socket too, whose name is kept.
    #[cfg(unix)]
    {
        let target = parse("unix:/run/cafe.sock").at(tcp("bar", 1)).unwrap();
        assert_eq!(format!("{target:?}"), "Target(http://bar:1 as localhost)");
        assert_eq!(target.port(), Some(1));
    }
}

#[test]
fn may_be_at_any_address() {
    // T-27
    let channel = parse("http://cafe.example");
    let zone = SocketAddrV6::new("fe80::1".parse().unwrap(), 8, 3, 2).into();
    let parsed = [
        "10.0.0.1:1",
        "[::1]:65535",
        "[::ffff:10.0.0.1]:80",
        "0.0.0.0:0",
    ];
    let parsed = parsed.map(|text| text.parse::<SocketAddr>().unwrap());
    for address in parsed.into_iter().chain([zone]) {
        let target = channel.at_address(address);
        assert_eq!(target.to_string(), format!("http://{address}"));
        assert_eq!(target.authority(), "cafe.example");
        let Place::Tcp { host, port } = target.place() else {
            panic!("{target} is no TCP target");
        };
        assert_eq!(port, address.port());
        let host = host.split_once('%').map_or(host, |(host, _)| host);
        assert_eq!(host.parse(), Ok(address.ip()));
    }
    assert_eq!(channel.at_address(zone).place(), tcp("fe80::1%2", 8));
    let address = channel.at_address("10.0.0.1:80".parse().unwrap());
    assert_eq!(address, channel.at(tcp("10.0.0.1", 80)).unwrap());
}

#[test]
fn may_not_be_at_what_is_no_place() {
    // T-27
    let refused = |place| match parse("https://cafe").at(place) {
        Ok(target) => panic!("{target}"),
        Err(error) => error.to_string(),
    };
    let table = [
        (tcp("", 1), "\"https://:1\" has no host: "),
        (tcp("cafe", 0), "\"https://cafe:0\" has a bad port: "),
        (tcp("a@b", 1), "\"https://a@b:1\" has a user name: "),
        (tcp("a/b", 1), "\"https://a/b:1\" is not a URI: "),
        (tcp("a b", 1), "\"https://a b:1\" is not a URI: "),
        (tcp("[::1]", 1), "\"https://[[::1]]:1\" is not a URI: "),
        (
            tcp("10.0.0.1:2", 1),
            "\"https://[10.0.0.1:2]:1\" is not a URI: ",
        ),
        (Place::Unix(Path::new("")), "\"unix:\" has no path: "),
        (Place::UnixAbstract(""), "\"unix-abstract:\" has no name: "),
    ];
    for (place, beginning) in table {
        let said = refused(place);
        let beginning = format!("the target {beginning}");
        assert!(said.starts_with(&beginning), "{said}");
    }
}
