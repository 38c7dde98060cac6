//! The proxy as it is named by a URL: where it is, and what it is told of who asks.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;

use super::ProxyProblem;
use crate::Target;

/// A proxy that was named, and may be connected to.
#[derive(Clone)]
pub(super) struct Server {
    /// It has a port.
    pub(super) address: Target,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<Box<str>>,
}

/// What gRPC takes where the proxy has no port (G-75).
const PORT: u16 = 443;

impl Server {
    /// Parses `[http://][user[:password]@]host[:port]`.
    ///
    /// The last `@` ends the user, so that a password may contain one. A path is refused, but for a lone slash.
    pub(super) fn parse(url: &str) -> Result<Self, ProxyProblem> {
        let url = url.trim();
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) if is_scheme(scheme) => {
                return Err(ProxyProblem::Scheme(scheme.into()));
            }
            Some(_) => return Err(ProxyProblem::malformed(url)),
            None => url,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let address = address(host, tail).ok_or_else(|| ProxyProblem::malformed(url))?;
        Ok(Self {
            address,
            authorization: user.map(basic),
        })
    }
}

/// Whether this can be a scheme (RFC 3986); if not, the error says that the URL is malformed, and shows nothing of it.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The target of what follows the user, with a port.
fn address(host: &str, tail: &str) -> Option<Target> {
    let target = Target::parse(&format!("http://{host}{tail}")).ok()?;
    if target.prefix().is_some() {
        return None;
    }
    if target.authority().port().is_some() {
        return Some(target);
    }
    Target::parse(&format!("http://{host}:{PORT}")).ok()
}

/// User and password as RFC 7617 has them.
///
/// Escapes are decoded first. A user without a password has an empty one.
fn basic(user: &str) -> Box<str> {
    let mut pair: Vec<u8> = percent_decode_str(user).collect();
    if !user.contains(':') {
        pair.push(b':');
    }
    format!("Basic {}", BASE64_STANDARD.encode(pair)).into()
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        match self.authorization {
            Some(_) => f.write_str(" with credentials"),
            None => Ok(()),
        }
    }
}
