#[cfg_attr(feature = "tls-ring", path = "ring.rs")]
#[cfg_attr(
    all(feature = "tls-aws-lc", not(feature = "tls-ring")),
    path = "aws_lc.rs"
)]
#[cfg_attr(
    not(any(feature = "tls-ring", feature = "tls-aws-lc")),
    path = "none.rs"
)]
mod compiled;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::error::{Problem, TlsError};

/// The provider of the process if it has one, else the one that is compiled in.
pub(super) fn provider() -> Result<Arc<CryptoProvider>, TlsError> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Ok(installed.clone());
    }
    let compiled = compiled::PROVIDER.ok_or_else(|| TlsError::options(Problem::NoProvider))?;
    Ok(Arc::new(compiled()))
}
