use std::error::Error;

use tracing::warn;

use crate::tls::TlsError;

/// Files have changed, and what is in them now is bad.
pub(in crate::tls) fn reload_failed(error: &TlsError) {
    let error: &(dyn Error + 'static) = error;
    warn!(
        target: "ziggurat::tls",
        error,
        "certificates were changed and cannot be used: those from before stay in use"
    );
}
