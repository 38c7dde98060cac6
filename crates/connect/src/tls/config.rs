//! From options to what rustls works with. A configuration of the user's own is left as it is, but for ALPN (I-2).

use std::sync::Arc;

use rustls::{
    ClientConfig, ConfigBuilder, WantsVerifier, client::WantsClientCert, sign::SingleCertAndKey,
};

use super::{
    Roots, TlsOptions,
    error::{Problem, TlsError},
    files::Files,
    options::Trust,
    provider::provider,
};

/// What is offered by ALPN, and nothing else (I-2).
pub(super) const H2: &[u8] = b"h2";

/// Makes what rustls works with.
///
/// The files of the options were read before: this neither blocks nor looks at the disk. It is done once for options
/// without files, and again for each new connection of options with some whose contents have changed.
pub(super) fn make(options: &TlsOptions, files: &Files) -> Result<Arc<ClientConfig>, TlsError> {
    let TlsOptions {
        config,
        trust,
        identity,
        server_name: _,
        // Decided when the handshake is over.
        http2: _,
    } = options;
    let Some(config) = config else {
        let builder = verified(trust.as_ref(), files)?;
        let mut config = match identity {
            Some(identity) => {
                let certified = SingleCertAndKey::from(identity.certified(files)?);
                builder.with_client_cert_resolver(Arc::new(certified))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![H2.to_vec()];
        return Ok(Arc::new(config));
    };
    if trust.is_some() || identity.is_some() {
        return Err(TlsError::options(Problem::OwnConfig));
    }
    if config.alpn_protocols == [H2] {
        return Ok(config.clone());
    }
    let mut config = ClientConfig::clone(config);
    config.alpn_protocols = vec![H2.to_vec()];
    Ok(Arc::new(config))
}

/// Begins a configuration, with how it verifies servers: by the system's roots if nothing else was said.
fn verified(
    trust: Option<&Trust>,
    files: &Files,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let builder = builder()?;
    Ok(match trust {
        None => builder.with_root_certificates(Roots::default().store(files)?),
        Some(Trust::Roots(roots)) => builder.with_root_certificates(roots.store(files)?),
        Some(Trust::Verifier(verifier)) => builder
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone()),
    })
}

/// Begins a configuration, with the provider's algorithms and TLS 1.2 and 1.3.
fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::options(Problem::Provider(error)))
}
