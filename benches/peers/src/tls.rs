//! TLS for clients that bring none, and what a server of it needs.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{Result, wire::Stream};

/// The same for all.
fn cryptography() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Trusts this authority alone, and offers HTTP/2.
///
/// # Errors
///
/// The file holds no certificate.
pub fn client(ca: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca)?)?;
    let mut config = ClientConfig::builder_with_provider(cryptography())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Makes a secure stream of one.
///
/// # Errors
///
/// Those of the handshake.
pub async fn secure(stream: Stream, ca: &Path) -> Result<TlsStream<Stream>> {
    let connector = TlsConnector::from(client(ca)?);
    Ok(connector
        .connect(ServerName::try_from("localhost")?, stream)
        .await?)
}

/// Makes a certificate for `localhost`; writes its authority, which is itself, to the file.
///
/// # Errors
///
/// The file cannot be written.
pub fn server(ca: &Path) -> Result<Arc<ServerConfig>> {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(ca, issued.cert.pem())?;
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der())?;
    let mut config = ServerConfig::builder_with_provider(cryptography())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}
