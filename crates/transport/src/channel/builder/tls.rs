use std::net::IpAddr;

use http::uri::{Authority, Scheme};
use rustls::pki_types::ServerName;

use super::Builder;
use crate::{
    Target,
    target::{NameConflict, Place},
    tls::{Tls, TlsError},
};

/// With the feature `tls`.
impl<C, L> Builder<C, L> {
    /// Speaks TLS like this: [`TlsOptions`](crate::tls::TlsOptions), or a [`Tls`] that channels share.
    ///
    /// By default an `https://` target is verified by the roots of the system. A `unix:` target is plaintext without it.
    /// The server name, if there is one, is the target's authority from then on.
    ///
    /// # Errors
    ///
    /// The options cannot be used, the target is `http://`, or the server name is another one than the
    /// [`authority`](Self::authority).
    pub fn tls<T>(mut self, tls: T) -> Result<Self, TlsError>
    where
        T: TryInto<Tls>,
        TlsError: From<T::Error>,
    {
        if self.target.scheme() == &Scheme::HTTP && matches!(self.target.place(), Place::Tcp { .. })
        {
            return Err(TlsError::plaintext());
        }
        let tls = tls.try_into()?;
        if let Some(name) = tls.server_name() {
            self.target = called(self.target, name)?;
        }
        self.settings.security.tls = Some(tls);
        Ok(self)
    }
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
