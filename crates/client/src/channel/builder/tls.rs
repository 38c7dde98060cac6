use http::uri::Scheme;

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
    /// The options cannot be used, the target is `http://`, or the server name is another one than the
    /// [`authority`](Self::authority).
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
        let Self {
            origin,
            transport,
            special,
            resend_limit,
            many,
            health,
        } = self;
        let transport = transport.tls(tls)?;
        let authority = transport.target().authority().clone();
        let origin = origin.scheme(Scheme::HTTPS).authority(authority);
        Ok(Self {
            origin,
            transport,
            special,
            resend_limit,
            many,
            health,
        })
    }
}
