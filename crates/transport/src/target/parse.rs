use std::{fmt, net::Ipv6Addr, str::FromStr};

use http::uri::{Authority, Scheme};

use super::{InvalidTarget, Problem};

/// The port of `http://` where the target names none.
const HTTP_PORT: u16 = 80;

/// A server's address: `http://host[:port][/]`.
///
/// The host is a name, an IPv4 address or an IPv6 address in brackets. The port is 80 unless the target has one.
/// Cloning is one reference count. Two targets are equal if their text is; the case of the host does not count.
///
/// ```
/// use ziggurat_transport::Target;
///
/// let target: Target = "http://Cafe.example.com".parse()?;
/// assert_eq!(target.authority(), "cafe.example.com");
/// assert_eq!((target.host(), target.port()), ("Cafe.example.com", 80));
/// assert_eq!(target.to_string(), "http://Cafe.example.com");
/// # Ok::<_, ziggurat_transport::InvalidTarget>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target {
    authority: Authority,
    port: u16,
}

impl Target {
    /// Parses a target; refuses what this crate cannot connect to.
    ///
    /// `https://` is refused, not spoken in plaintext: TLS is not built in yet.
    ///
    /// # Errors
    ///
    /// There is no scheme or another one; a path other than `/`, a query, a fragment or a user name; no host, or one
    /// that no URI may contain; a port that is no number from 1 to 65535.
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        split_authority(text)
            .and_then(parse_authority)
            .map_err(|problem| InvalidTarget::new(text, problem))
    }

    /// The scheme, `http`.
    pub fn scheme(&self) -> Scheme {
        Scheme::HTTP
    }

    /// Host and port as the target has them: an IPv6 address is in brackets, a default port stays out.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The host alone; an IPv6 address is without its brackets.
    pub fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    /// The port to connect to; 80 if the target has none.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Takes scheme and path off: `http://host:port/` is `host:port`.
fn split_authority(text: &str) -> Result<&str, Problem> {
    let (scheme, rest) = text.split_once("://").ok_or(Problem::NoScheme)?;
    if scheme.eq_ignore_ascii_case("https") {
        return Err(Problem::Tls);
    }
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(Problem::Scheme(scheme.into()));
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if tail.contains(['?', '#']) {
        return Err(Problem::Query);
    }
    if !matches!(tail, "" | "/") {
        return Err(Problem::Path);
    }
    Ok(authority)
}

fn parse_authority(text: &str) -> Result<Target, Problem> {
    if text.contains('@') {
        return Err(Problem::UserName);
    }
    let (host, port) = split_port(text)?;
    if host.is_empty() {
        return Err(Problem::NoHost);
    }
    let port = port.map_or(Ok(HTTP_PORT), parse_port)?;
    let authority = text
        .parse()
        .map_err(|error| Problem::Malformed(Some(error)))?;
    Ok(Target { authority, port })
}

/// Splits at the colon before the port, which an IPv6 address must not be confused with.
fn split_port(text: &str) -> Result<(&str, Option<&str>), Problem> {
    let Some(bracketed) = text.strip_prefix('[') else {
        return match text.split_once(':') {
            Some((_, port)) if port.contains(':') => Err(Problem::Brackets),
            Some((host, port)) => Ok((host, Some(port))),
            None => Ok((text, None)),
        };
    };
    let (address, after) = bracketed.split_once(']').ok_or(Problem::Malformed(None))?;
    address.parse::<Ipv6Addr>().map_err(Problem::Address)?;
    match after.strip_prefix(':') {
        Some(port) => Ok((address, Some(port))),
        None if after.is_empty() => Ok((address, None)),
        None => Err(Problem::Malformed(None)),
    }
}

fn parse_port(text: &str) -> Result<u16, Problem> {
    // `u16::from_str` takes a plus sign, a URI does not.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(0) => Err(Problem::Port(None)),
        Ok(port) if digits => Ok(port),
        Ok(_) => Err(Problem::Port(None)),
        Err(error) => Err(Problem::Port(Some(error))),
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        Self::parse(text)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}
