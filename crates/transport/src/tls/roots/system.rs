use rustls::RootCertStore;
use rustls_native_certs::load_native_certs;

use super::Roots;
use crate::tls::{Problem, TlsError};

impl Roots {
    /// Takes the authorities that the system trusts, as they are when the configuration is made.
    ///
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them.
    pub fn system() -> Self {
        Self::default()
    }
}

/// Adds what can be read: among a system's certificates there may be old ones that cannot.
pub(super) fn load(store: &mut RootCertStore) -> Result<(), TlsError> {
    let loaded = load_native_certs();
    let (added, _) = store.add_parsable_certificates(loaded.certs);
    if added > 0 {
        return Ok(());
    }
    let error = loaded.errors.into_iter().next();
    let error = error.map_or_else(|| "there are none".into(), Into::into);
    Err(TlsError::options(Problem::SystemRoots(error)))
}
