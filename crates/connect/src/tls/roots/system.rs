use rustls::RootCertStore;
use rustls_native_certs::load_native_certs;

use crate::tls::{Problem, TlsError};

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
