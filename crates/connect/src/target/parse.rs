//! From the text of a target to its parts, or to the one problem that the user is told of.
//!
//! It takes what gRPC's name syntax and URIs have in common. What has no port gets that of its scheme; what could be read
//! in two ways is refused with both spellings.

use std::{
    net::Ipv6Addr,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::uri::{Authority, PathAndQuery, Scheme};
use percent_encoding::percent_decode_str;

use super::{
    Problem,
    parts::{Ground, Parts},
    socket,
};

/// What becomes of `https://`.
#[derive(Clone, Copy)]
pub(super) enum Https {
    BuiltIn,
    Missing,
}

impl Https {
    /// As this crate was built.
    pub(super) const HERE: Self = if cfg!(feature = "tls") {
        Self::BuiltIn
    } else {
        Self::Missing
    };
}

pub(super) fn parse(text: &str, https: Https) -> Result<Parts, Problem> {
    let Some((scheme, rest)) = split_scheme(text) else {
        return Err(Problem::NoScheme);
    };
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    if is("unix") {
        let path = without_authority(rest)?;
        return unix(PathBuf::from(decode(path)?)).map(Parts::unix);
    }
    if is("unix-abstract") {
        let name = without_authority(rest)?;
        return unix_abstract(decode(name)?).map(Parts::unix);
    }
    match rest.strip_prefix("//") {
        Some(rest) if is("http") => tcp(Scheme::HTTP, rest),
        Some(rest) if is("https") => match https {
            Https::BuiltIn => tcp(Scheme::HTTPS, rest),
            Https::Missing => Err(Problem::Tls),
        },
        None if is("http") || is("https") => Err(Problem::Malformed(None)),
        Some(_) => Err(Problem::Scheme(scheme.into())),
        None => Err(Problem::NoScheme),
    }
}

/// Splits at the colon of the scheme; a colon that stands elsewhere is none.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    (!scheme.contains(['/', '?', '#', '@', '['])).then_some((scheme, rest))
}

/// Parses what follows `http://`.
fn tcp(scheme: Scheme, rest: &str) -> Result<Parts, Problem> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (text, tail) = rest.split_at(end);
    refuse_query(tail)?;
    let prefix = prefix(tail)?;
    if text.contains('@') {
        return Err(Problem::UserName);
    }
    let (host, port) = split_port(text)?;
    if host.is_empty() {
        return Err(Problem::NoHost);
    }
    let port = match port {
        Some(port) => parse_port(port)?,
        None => default_port(&scheme),
    };
    let address: Authority = text
        .parse()
        .map_err(|error| Problem::Malformed(Some(error)))?;
    Ok(Parts {
        scheme,
        authority: address.clone(),
        prefix,
        ground: Ground::Tcp { address, port },
        addresses: Arc::new([]),
    })
}

/// Checks the path of a URI; what is in order stays as it is written.
fn prefix(path: &str) -> Result<Option<PathAndQuery>, Problem> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let Some(segments) = path.strip_prefix('/') else {
        return Ok(None);
    };
    if has_bad_escape(segments) {
        return Err(Problem::Escape(None));
    }
    if let Some(other) = segments.chars().find(|&char| !is_in_path(char)) {
        return Err(Problem::Path(other));
    }
    // Gateways and servers would not agree on what they mean.
    if segments
        .split('/')
        .any(|segment| matches!(segment, "" | "." | ".."))
    {
        return Err(Problem::Segment);
    }
    let prefix = path
        .parse()
        .map_err(|error| Problem::Malformed(Some(error)))?;
    Ok(Some(prefix))
}

/// RFC 3986: what a path may have, slashes and escapes included.
fn is_in_path(char: char) -> bool {
    char.is_ascii_alphanumeric() || "/%-._~!$&'()*+,;=:@".contains(char)
}

/// M-11.
fn default_port(scheme: &Scheme) -> u16 {
    if *scheme == Scheme::HTTPS { 443 } else { 80 }
}

fn refuse_query(text: &str) -> Result<(), Problem> {
    if text.contains(['?', '#']) {
        return Err(Problem::Query);
    }
    Ok(())
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

/// Takes the empty host off the path of a unix target: `///path` is `/path` (G-3).
fn without_authority(rest: &str) -> Result<&str, Problem> {
    refuse_query(rest)?;
    match rest.strip_prefix("//") {
        None => Ok(rest),
        Some(path) if path.is_empty() || path.starts_with('/') => Ok(path),
        Some(_) => Err(Problem::SocketHost),
    }
}

fn decode(text: &str) -> Result<String, Problem> {
    if has_bad_escape(text) {
        return Err(Problem::Escape(None));
    }
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|error| Problem::Escape(Some(error)))?;
    Ok(decoded.into_owned())
}

/// Whether a percent sign is not followed by two hexadecimal digits.
fn has_bad_escape(text: &str) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    escapes.any(|after| !is_hex(after.first()) || !is_hex(after.get(1)))
}

/// Checks the path of a socket as the system will.
pub(super) fn unix(path: PathBuf) -> Result<Ground, Problem> {
    if path == Path::new("") {
        return Err(Problem::NoSocket);
    }
    socket::check_path(&path).map_err(Problem::Socket)?;
    Ok(Ground::Unix(path))
}

pub(super) fn unix_abstract(name: String) -> Result<Ground, Problem> {
    if name.is_empty() {
        return Err(Problem::NoSocket);
    }
    // The system would allow it; who writes it means something else (G-4).
    if name.contains('\0') {
        return Err(Problem::Nul);
    }
    socket::check_name(&name).map_err(Problem::Socket)?;
    Ok(Ground::UnixAbstract(name.into()))
}
