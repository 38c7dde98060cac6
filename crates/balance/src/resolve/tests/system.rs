use std::{
    future::ready,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    task::Poll,
    time::Duration,
};

use tokio::time::advance;
use tokio_test::assert_pending;

use super::{addresses, error, poll};
use crate::{Resolver, resolve::System};

/// Two families, in an order that is not that of their numbers.
fn found(port: u16) -> Vec<SocketAddr> {
    vec![
        (Ipv6Addr::LOCALHOST, port).into(),
        (Ipv4Addr::new(10, 0, 0, 2), port).into(),
        (Ipv4Addr::new(10, 0, 0, 1), port).into(),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_address_is_an_endpoint_in_the_order_of_the_system() {
    // G-11
    let mut system = System::by("cafe".into(), 443, |host, port| {
        assert_eq!(host, "cafe");
        ready(Ok(found(port)))
    });
    assert_eq!(system.name(), r#"the system's resolver for "cafe""#);
    let expected = ["[::1]:443", "10.0.0.2:443", "10.0.0.1:443"];
    assert_eq!(addresses(&mut system), expected);
    assert_pending!(poll(&mut system));
    advance(Duration::from_secs(30)).await;
    assert_eq!(addresses(&mut system), expected);
}

#[tokio::test(start_paused = true)]
async fn it_asks_by_time_on_request_and_never_for_an_address() {
    // G-12
    let mut system = System::by("cafe".into(), 443, |_, port| ready(Ok(found(port))))
        .refresh_interval(Duration::from_secs(60));
    addresses(&mut system);
    advance(Duration::from_secs(59)).await;
    assert_pending!(poll(&mut system));
    system.resolve_again();
    addresses(&mut system);
    advance(Duration::from_secs(60)).await;
    addresses(&mut system);

    let literals = [
        ("10.0.0.1", "10.0.0.1:443"),
        ("::1", "[::1]:443"),
        ("[::1]", "[::1]:443"),
    ];
    for (host, address) in literals {
        let mut system = System::by(host.into(), 443, |_, _| -> std::future::Ready<_> {
            panic!("an address was looked up")
        })
        .refresh_interval(Duration::from_secs(60));
        assert_eq!(addresses(&mut system), [address]);
        system.resolve_again();
        assert!(matches!(poll(&mut system), Poll::Ready(None)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_address_is_a_name() {
    for host in ["[10.0.0.1]", "10.0.0.1.2", "10.0.0.1:443", "[::1", ""] {
        let mut system = System::by(host.into(), 443, |host, _| {
            ready(Err(io::Error::other(format!("there is no {host:?}"))))
        });
        assert_eq!(error(&mut system), format!("there is no {host:?}"));
        assert_pending!(poll(&mut system));
    }
}

#[tokio::test]
async fn the_words_of_the_system_are_told() {
    // NUL ends a name in C: it is refused before anybody is asked.
    let mut system = System::new("ca\0fe", 443);
    let told = std::future::poll_fn(|cx| system.poll_resolution(cx)).await;
    let error = told.unwrap().unwrap_err();
    assert!(error.is::<io::Error>(), "{error:?}");
}
