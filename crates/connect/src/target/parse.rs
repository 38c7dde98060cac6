//! From the text of a target to its parts, or to the one problem that the user is told of.
//!
//! It takes what gRPC's name syntax and URIs have in common. What has no port gets that of its scheme; what could be read
//! in two ways is refused with both spellings.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use http::uri::{PathAndQuery, Scheme};

use super::{
    Problem,
    names::{self, Family},
    parts::{Form, Ground, Parts},
    pieces::{authority_and_port, decode, has_bad_escape, refuse_query},
    socket,
};

/// What becomes of `https://`, and of names as gRPC writes them.
#[derive(Clone, Copy)]
pub(super) enum Https {
    /// TLS is compiled in, so that they are taken.
    BuiltIn,
    /// It is not: they are refused, and never spoken in plaintext.
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

/// Parses the text of a target.
///
/// The scheme decides who reads the rest. Its case does not count; a text without one is refused, for `cafe:50051` could
/// mean a host and a port as well as a scheme and a path.
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
    let secure = |parse: &dyn Fn() -> Result<Parts, Problem>| match https {
        Https::BuiltIn => parse(),
        Https::Missing => Err(Problem::Tls),
    };
    if is("dns") {
        return secure(&|| names::dns(rest));
    }
    if is("ipv4") {
        return secure(&|| names::addresses(Family::V4, rest));
    }
    if is("ipv6") {
        return secure(&|| names::addresses(Family::V6, rest));
    }
    match rest.strip_prefix("//") {
        Some(rest) if is("http") => tcp(Scheme::HTTP, rest),
        Some(rest) if is("https") => secure(&|| tcp(Scheme::HTTPS, rest)),
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
///
/// What stands behind the host is the prefix of each call's path; the address is also what the server is called.
fn tcp(scheme: Scheme, rest: &str) -> Result<Parts, Problem> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (text, tail) = rest.split_at(end);
    refuse_query(tail)?;
    let prefix = prefix(tail)?;
    let (address, port) = authority_and_port(text, default_port(&scheme))?;
    Ok(Parts {
        scheme,
        authority: address.clone(),
        prefix,
        ground: Ground::Tcp { address, port },
        addresses: Arc::new([]),
        form: Form::Url,
    })
}

/// Checks the path of a URI; what is in order stays as it is written.
///
/// One slash at its end is left away; `/` alone is no prefix.
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
///
/// All else is written as an escape.
fn is_in_path(char: char) -> bool {
    char.is_ascii_alphanumeric() || "/%-._~!$&'()*+,;=:@".contains(char)
}

/// The port of a URL that has none (M-11).
fn default_port(scheme: &Scheme) -> u16 {
    if *scheme == Scheme::HTTPS { 443 } else { 80 }
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

/// Checks the path of a socket as the system will.
pub(super) fn unix(path: PathBuf) -> Result<Ground, Problem> {
    if path == Path::new("") {
        return Err(Problem::NoSocket);
    }
    socket::check_path(&path).map_err(Problem::Socket)?;
    Ok(Ground::Unix(path))
}

/// Checks the name of a socket in Linux' abstract namespace, as the system will.
///
/// The name is without the NUL that stands in front of it for the system.
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
