use http::uri::{Authority, Scheme};
use ziggurat_transport::tls::rustls::pki_types::ServerName;

use super::Builder;
use crate::tls::{Tls, TlsError};

/// With the feature `tls`.
impl<C> Builder<C> {
    /// Speaks TLS like this: with [`TlsOptions`](crate::tls::TlsOptions), or with a [`Tls`] that channels share.
    ///
    /// An `https://` target needs none: it is verified by the roots of the system. A `unix:` target is plaintext without
    /// it. A [server name](crate::tls::TlsOptions::server_name) is also the `:authority` of all calls (I-32).
    ///
    /// # Errors
    ///
    /// The options cannot be used, or the target is `http://`.
    ///
    /// # Example
    ///
    /// ```
    /// use ziggurat::{Channel, tls::{Identity, Roots, TlsOptions}};
    ///
    /// # fn channel() -> Result<Channel, Box<dyn std::error::Error>> {
    /// let tls = TlsOptions::new()
    ///     .roots(Roots::pem_file("ca.pem")?)
    ///     .identity(Identity::pem_files("client.pem", "client.key")?);
    /// let channel = Channel::builder("https://cafe.example")?.tls(tls)?.connect_lazy();
    /// # Ok(channel)
    /// # }
    /// # assert!(channel().unwrap_err().to_string().contains("ca.pem"));
    /// ```
    pub fn tls<T>(self, tls: T) -> Result<Self, TlsError>
    where
        T: TryInto<Tls>,
        TlsError: From<T::Error>,
    {
        let Self { origin, transport } = self;
        let tls = tls.try_into()?;
        let mut origin = origin.scheme(Scheme::HTTPS);
        if let Some(authority) = tls.server_name().and_then(authority) {
            origin = origin.authority(authority);
        }
        let transport = transport.tls::<Tls>(tls)?;
        Ok(Self { origin, transport })
    }
}

/// How a server's name stands in a URI.
fn authority(name: &ServerName<'static>) -> Option<Authority> {
    let text = match name {
        ServerName::IpAddress(address) if std::net::IpAddr::from(*address).is_ipv6() => {
            format!("[{}]", name.to_str())
        }
        _ => name.to_str().into_owned(),
    };
    text.parse().ok()
}
