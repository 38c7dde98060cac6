use std::net::IpAddr;

use http::uri::{Authority, Scheme};
use rustls::pki_types::ServerName;

use super::{Tls, TlsError};
use crate::{
    Target,
    target::{NameConflict, Place},
};

/// A target for which TLS is given, and that TLS, checked: for builders of channels, such as that of
/// `ziggurat-transport`.
///
/// The server name, if there is one, becomes the target's authority.
///
/// # Errors
///
/// The options cannot be used, the target is `http://`, or the server name is another one than the authority that the
/// target was given.
pub fn given<T>(target: Target, tls: T) -> Result<(Target, Tls), TlsError>
where
    T: TryInto<Tls>,
    TlsError: From<T::Error>,
{
    if target.scheme() == &Scheme::HTTP && matches!(target.place(), Place::Tcp { .. }) {
        return Err(TlsError::plaintext());
    }
    let tls = tls.try_into()?;
    let target = match tls.server_name() {
        Some(name) => called(target, name)?,
        None => target,
    };
    Ok((target, tls))
}

/// The target by the server's name, unless it has that already, perhaps with a port.
fn called(target: Target, name: &ServerName<'static>) -> Result<Target, TlsError> {
    if target.is_renamed() {
        let checked = NameConflict::check(target.authority(), Some(&name.to_str()));
        checked.map_err(TlsError::conflict)?;
        return Ok(target);
    }
    Ok(match authority(name) {
        Some(authority) => target.with_authority(authority),
        None => target,
    })
}

/// How a server's name stands in a URI.
fn authority(name: &ServerName<'static>) -> Option<Authority> {
    let text = match name {
        ServerName::IpAddress(address) if IpAddr::from(*address).is_ipv6() => {
            format!("[{}]", name.to_str())
        }
        _ => name.to_str().into_owned(),
    };
    text.parse().ok()
}
