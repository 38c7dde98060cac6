use super::Builder;
use crate::tls::{Tls, TlsError};

/// With the feature `tls`.
impl<C, L> Builder<C, L> {
    /// Speaks TLS like this: [`TlsOptions`](crate::tls::TlsOptions), or a [`Tls`] that channels share.
    ///
    /// By default an `https://` target is verified by the roots of the system. A `unix:` target is plaintext without it.
    ///
    /// # Errors
    ///
    /// The options cannot be used, or the target is `http://`.
    pub fn tls<T>(mut self, tls: T) -> Result<Self, TlsError>
    where
        T: TryInto<Tls>,
        TlsError: From<T::Error>,
    {
        if self.target.to_string().starts_with("http:") {
            return Err(TlsError::plaintext());
        }
        self.settings.security.tls = Some(tls.try_into()?);
        Ok(self)
    }
}
