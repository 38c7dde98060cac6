//! The order in which addresses are worth a try: RFC 6724, section 6, which a system's resolver has gone through already.
//!
//! Left out are the rules that need to know more of the machine (deprecated and home addresses, tunnels), and the one of
//! the longest common prefix, which would send all clients of a network to the same server. Addresses that no rule tells
//! apart stay as DNS has them.

use std::{
    cmp::Reverse,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// The default policy table of section 2.1, the longest prefixes first: prefix, its length, precedence, label.
const POLICIES: [(Ipv6Addr, u32, u8, u8); 9] = [
    (Ipv6Addr::LOCALHOST, 128, 50, 0),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, 35, 4),
    (Ipv6Addr::UNSPECIFIED, 96, 1, 3),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, 5, 5),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, 30, 2),
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16, 1, 12),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, 1, 11),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, 3, 13),
    (Ipv6Addr::UNSPECIFIED, 0, 40, 1),
];

/// The scopes of section 3.1 that addresses of servers have.
const LINK_LOCAL: u8 = 0x2;
const SITE_LOCAL: u8 = 0x5;
const GLOBAL: u8 = 0xe;

/// Puts them in order, if both families are among them; otherwise there is next to nothing to choose by.
pub(super) fn sort(addresses: &mut [SocketAddr]) {
    let families = addresses.iter().filter(|address| address.is_ipv4()).count();
    if families > 0 && families < addresses.len() {
        sort_by(addresses, source);
    }
}

/// Puts them in order, by the address that this machine would have on the way to each.
pub(super) fn sort_by(addresses: &mut [SocketAddr], source: impl Fn(SocketAddr) -> Option<IpAddr>) {
    addresses.sort_by_cached_key(|address| rank(address.ip(), source(*address)));
}

/// Less is better: rules 1, 2, 5, 6 and 8.
fn rank(address: IpAddr, source: Option<IpAddr>) -> (bool, bool, bool, Reverse<u8>, u8) {
    let (precedence, label) = policy(address);
    let scope = scope(address);
    let scope_differs = source.is_none_or(|source| self::scope(source) != scope);
    let label_differs = source.is_none_or(|source| policy(source).1 != label);
    let is_out_of_reach = source.is_none();
    let precedence = Reverse(precedence);
    (
        is_out_of_reach,
        scope_differs,
        label_differs,
        precedence,
        scope,
    )
}

/// Precedence and label.
fn policy(address: IpAddr) -> (u8, u8) {
    let bits = mapped(address).to_bits();
    let differs = |prefix: Ipv6Addr, length: u32| {
        let shifted = (bits ^ prefix.to_bits()).checked_shr(128 - length);
        shifted.is_some_and(|rest| rest != 0)
    };
    let found = POLICIES.iter().find(|row| !differs(row.0, row.1));
    // The last row is of all addresses.
    found.map_or((0, 0), |row| (row.2, row.3))
}

fn scope(address: IpAddr) -> u8 {
    let is_link_local = match address {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unicast_link_local(),
    };
    let is_site_local = matches!(address, IpAddr::V6(ip) if ip.segments()[0] & 0xffc0 == 0xfec0);
    match (is_link_local, is_site_local) {
        (true, _) => LINK_LOCAL,
        (_, true) => SITE_LOCAL,
        _ => GLOBAL,
    }
}

/// As the policy table has IPv4 addresses.
fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

/// The address that this machine has on the way there, if there is a way. Nothing is sent: the system looks at its routes.
fn source(address: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(address).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
