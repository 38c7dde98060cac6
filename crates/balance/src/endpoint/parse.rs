//! Addresses and endpoints, made of text.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ziggurat_connect::target::{Place, Target};

use super::{Address, Endpoint, InvalidAddress, invalid::Problem};

impl FromStr for Address {
    type Err = InvalidAddress;

    /// `10.0.0.1:443`, `[::1]:443`, or the path of a unix socket as a target has it: `unix:path`, `unix:///path`.
    ///
    /// # Errors
    ///
    /// It is a name, an address without a port or with the port 0, a path that no unix socket can have, or something else.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if text.starts_with("unix:") {
            return unix(text);
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.port() > 0 => Ok(Self::Socket(address)),
            Ok(_) => Err(InvalidAddress::new(text, Problem::Port)),
            Err(_) => Err(InvalidAddress::new(text, problem(text))),
        }
    }
}

fn unix(text: &str) -> Result<Address, InvalidAddress> {
    let target =
        Target::parse(text).map_err(|error| InvalidAddress::new(text, Problem::Socket(error)))?;
    match target.place() {
        Place::Unix(path) => Ok(Address::Unix(path.to_owned())),
        _ => Err(InvalidAddress::new(text, Problem::Name)),
    }
}

/// What is wrong with a text that is no address of a socket.
fn problem(text: &str) -> Problem {
    if text.contains("://") {
        return Problem::Scheme;
    }
    if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
        return Problem::NoPort(ip);
    }
    let host = text.rsplit_once(':').map_or("", |(host, _)| host);
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(_) => Problem::Port,
        Err(_) => Problem::Name,
    }
}

impl FromStr for Endpoint {
    type Err = InvalidAddress;

    /// A server with one address, which is parsed as one.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        Address::from_str(text).map(Self::new)
    }
}

impl TryFrom<&str> for Endpoint {
    type Error = InvalidAddress;

    fn try_from(text: &str) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}

impl TryFrom<String> for Endpoint {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}
