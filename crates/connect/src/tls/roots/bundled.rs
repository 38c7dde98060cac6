use rustls::RootCertStore;

use super::Roots;
use crate::tls::TlsError;

impl Roots {
    /// Takes Mozilla's authorities, as they were when this was built.
    ///
    /// They are the same wherever the program runs, and grow old with it. With [`and`](Self::and), those of the system
    /// can stand beside them.
    pub fn bundled() -> Self {
        Self::loaded(load, "bundled")
    }
}

#[allow(clippy::unnecessary_wraps, reason = "others can fail")]
fn load(store: &mut RootCertStore) -> Result<(), TlsError> {
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(())
}
