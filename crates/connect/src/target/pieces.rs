//! The pieces that targets of several schemes have in common.

use std::net::Ipv6Addr;

use http::uri::Authority;
use percent_encoding::percent_decode_str;

use super::Problem;

/// Fails where there is a query or a fragment: neither has a meaning for a server.
pub(super) fn refuse_query(text: &str) -> Result<(), Problem> {
    if text.contains(['?', '#']) {
        return Err(Problem::Query);
    }
    Ok(())
}

/// Parses `host[:port]`: how a URI names a server, and the port, which may be this one by default.
///
/// The authority is as it is written: a port that was left away stays away (I-34).
pub(super) fn authority_and_port(text: &str, default: u16) -> Result<(Authority, u16), Problem> {
    if text.contains('@') {
        return Err(Problem::UserName);
    }
    let (host, port) = split_port(text)?;
    if host.is_empty() {
        return Err(Problem::NoHost);
    }
    let port = port.map_or(Ok(default), parse_port)?;
    let authority = text.parse();
    let authority = authority.map_err(|error| Problem::Malformed(Some(error)))?;
    Ok((authority, port))
}

/// Splits at the colon before the port, which an IPv6 address must not be confused with.
///
/// An address in brackets is checked here, and given without them.
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

/// A port from 1 to 65535, in digits alone.
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

/// Replaces escapes by what they stand for, which must be UTF-8.
pub(super) fn decode(text: &str) -> Result<String, Problem> {
    if has_bad_escape(text) {
        return Err(Problem::Escape(None));
    }
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|error| Problem::Escape(Some(error)))?;
    Ok(decoded.into_owned())
}

/// Whether a percent sign is not followed by two hexadecimal digits.
pub(super) fn has_bad_escape(text: &str) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    escapes.any(|after| !is_hex(after.first()) || !is_hex(after.get(1)))
}
