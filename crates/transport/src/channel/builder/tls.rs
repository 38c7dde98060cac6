use ziggurat_connect::tls::{self, Tls, TlsError};

use super::Builder;

/// With the feature `tls`.
impl<C, L> Builder<C, L> {
    /// Speaks TLS like this: [`TlsOptions`](tls::TlsOptions), or a [`Tls`] that channels share.
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
        let (target, tls) = tls::given(self.target, tls)?;
        self.target = target;
        self.settings.security.tls = Some(tls);
        Ok(self)
    }
}
