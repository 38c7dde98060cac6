//! Targets as gRPC writes names: `dns:`, `ipv4:` and `ipv6:`. They mean TLS, and the port 443, unless they say otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use http::uri::{Authority, Scheme};

use super::{
    Problem,
    parts::{Form, Ground, Parts},
    pieces::{authority_and_port, decode, refuse_query},
};

/// What gRPC's names have that say nothing of a port (G-2, G-5).
pub(super) const PORT: u16 = 443;

/// Of which family the addresses of a target are.
#[derive(Clone, Copy)]
pub(super) enum Family {
    V4,
    V6,
}

/// Parses what follows `dns:`, which is `host[:port]`, behind three slashes or none (G-2).
///
/// A DNS server between two slashes and the name, as gRPC allows, is refused: which servers are asked is a resolver's.
pub(super) fn dns(rest: &str) -> Result<Parts, Problem> {
    refuse_query(rest)?;
    let name = match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix('/').ok_or(Problem::DnsServer)?,
        None => rest.strip_prefix('/').unwrap_or(rest),
    };
    if name.contains('/') {
        return Err(Problem::DnsPath);
    }
    let (address, port) = authority_and_port(name, PORT)?;
    Ok(Parts {
        scheme: Scheme::HTTPS,
        authority: address.clone(),
        prefix: None,
        ground: Ground::Tcp { address, port },
        addresses: [].into(),
        form: Form::Dns,
    })
}

/// Parses what follows `ipv4:` or `ipv6:`: addresses, separated by commas (G-5).
///
/// The server is called by the first of them, for one name must do for all.
pub(super) fn addresses(family: Family, rest: &str) -> Result<Parts, Problem> {
    refuse_query(rest)?;
    let text = decode(rest)?;
    let text = text.strip_prefix("///").unwrap_or(&text);
    let entries = text.split(',');
    let addresses = entries.map(|entry| address(family, entry));
    let addresses: Vec<_> = addresses.collect::<Result<_, _>>()?;
    let first = addresses.first().ok_or(Problem::NoHost)?;
    let address = first.as_written();
    let port = first.address.port();
    let addresses = addresses.iter().map(|written| written.address).collect();
    Ok(Parts {
        scheme: Scheme::HTTPS,
        authority: address.clone(),
        prefix: None,
        ground: Ground::Tcp { address, port },
        addresses,
        form: Form::Addresses,
    })
}

/// An address, and whether the text had its port.
///
/// For a text must read back as it was: the port that was left away is not shown either.
struct Written {
    address: SocketAddr,
    has_port: bool,
}

impl Written {
    /// As the server is called by it: a default port stays out (I-34).
    fn as_written(&self) -> Authority {
        let text = if self.has_port {
            self.address.to_string()
        } else {
            shown(self.address)
        };
        let authority = text.parse();
        authority.expect("each address is an authority, with a port or without")
    }
}

/// Parses one of the addresses; without a port it gets gRPC's.
///
/// An IPv6 address without a port may have its brackets or not. One of the other family is refused.
fn address(family: Family, entry: &str) -> Result<Written, Problem> {
    let with_port = match family {
        Family::V4 => entry.parse().map(|address: SocketAddrV4| address.into()),
        Family::V6 => entry.parse().map(|address: SocketAddrV6| address.into()),
    };
    if let Ok(address) = with_port {
        let written = Written {
            address,
            has_port: true,
        };
        return match written.address.port() {
            0 => Err(Problem::Port(None)),
            _ => Ok(written),
        };
    }
    let ip = match family {
        Family::V4 => entry.parse().map(|ip: Ipv4Addr| IpAddr::from(ip)),
        Family::V6 => bare(entry).parse().map(|ip: Ipv6Addr| IpAddr::from(ip)),
    };
    match ip {
        Ok(ip) => Ok(Written {
            address: SocketAddr::new(ip, PORT),
            has_port: false,
        }),
        Err(_) => Err(Problem::Ip(entry.into())),
    }
}

/// Without its brackets, if it has both.
fn bare(entry: &str) -> &str {
    let inner = entry.strip_prefix('[');
    inner
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(entry)
}

/// An address as it stands in a target: without the port that it would have anyhow.
pub(super) fn shown(address: SocketAddr) -> String {
    match address {
        _ if address.port() != PORT => address.to_string(),
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) if address.scope_id() == 0 => format!("[{}]", address.ip()),
        SocketAddr::V6(_) => address.to_string(),
    }
}
