use std::net::{IpAddr, SocketAddr};

use crate::resolve::dns::order::{sort, sort_by};

fn sockets(ips: &[&str]) -> Vec<SocketAddr> {
    let ips = ips.iter().map(|ip| ip.parse::<IpAddr>().unwrap());
    ips.map(|ip| SocketAddr::new(ip, 443)).collect()
}

#[test]
fn addresses_are_in_the_order_of_rfc_6724() {
    // G-11. The examples of section 10.2, as far as they are of rules that are here, and what people meet: each address
    // with the one that the machine has on the way there, in the expected order.
    let tables: &[&[(&str, &str)]] = &[
        // Rule 1: no way there.
        &[("198.51.100.121", "198.51.100.117"), ("2001:db8:1::1", "")],
        // Rule 2: a matching scope.
        &[
            ("198.51.100.121", "198.51.100.117"),
            ("2001:db8:1::1", "fe80::1"),
        ],
        // Rule 6: a higher precedence.
        &[("2001:db8:1::1", "2001:db8:1::2"), ("10.1.2.3", "10.1.2.4")],
        // Rule 8: a smaller scope.
        &[("fe80::1", "fe80::2"), ("2001:db8:1::1", "2001:db8:1::2")],
        // Rule 5: a matching label, before precedence: 6to4 to 6to4.
        &[
            ("2002:c633:6401::1", "2002:c633:6401::2"),
            ("2001:db8:1::1", "2002:c633:6401::2"),
        ],
        // Rule 6: native before 6to4.
        &[
            ("2001:db8:1::1", "2001:db8:1::2"),
            ("2002:c633:6401::1", "2002:c633:6401::2"),
        ],
        // A network with addresses of its own: behind IPv4 by precedence.
        &[("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")],
        // The loopback, both families.
        &[("::1", "::1"), ("127.0.0.1", "127.0.0.1")],
        // What no rule tells apart stays as it is.
        &[
            ("10.0.0.3", "10.0.0.2"),
            ("10.0.0.1", "10.0.0.2"),
            ("10.0.0.9", "10.0.0.2"),
        ],
    ];
    for table in tables {
        let expected: Vec<_> = table.iter().map(|row| row.0).collect();
        let source = |address: SocketAddr| {
            let row = table.iter().find(|row| row.0 == address.ip().to_string());
            row.unwrap().1.parse().ok()
        };
        let mut addresses = sockets(&expected);
        sort_by(&mut addresses, source);
        assert_eq!(addresses, sockets(&expected), "{table:?}");

        // Where a rule tells them apart, the order before does not count.
        if table[0].0.contains('.') && table[1].0.contains('.') {
            continue;
        }
        addresses.reverse();
        sort_by(&mut addresses, source);
        assert_eq!(addresses, sockets(&expected), "{table:?}, reversed");
    }
}

#[test]
fn the_routes_of_this_machine_are_asked_where_both_families_are_there() {
    let mut addresses = sockets(&["127.0.0.2", "127.0.0.1"]);
    sort(&mut addresses);
    assert_eq!(addresses, sockets(&["127.0.0.2", "127.0.0.1"]));

    // There is always a way to this machine, and to a link without a number there is none.
    let mut addresses = sockets(&["fe80::1", "127.0.0.1"]);
    sort(&mut addresses);
    assert_eq!(addresses, sockets(&["127.0.0.1", "fe80::1"]));
}
