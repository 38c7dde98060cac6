//! The client's certificate and key, checked where they are given: not in the first handshake.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    InconsistentKeys,
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::CertifiedKey,
};
use webpki::EndEntityCert;

use super::{
    error::{Part, Problem, Subject, TlsError},
    files::Files,
    pem,
    provider::provider,
};

/// Who this side is: a certificate that a server may demand, those that vouch for it, and its private key.
///
/// The chain begins with the client's own certificate; each of the others issued the one before it. The root need not be
/// in it. The key is RSA, ECDSA or Ed25519, as PKCS#8, PKCS#1 or SEC1, and not encrypted. All is checked where it is
/// given. `Debug` shows nothing of the key.
///
/// ```
/// use ziggurat::tls::{Identity, Problem};
///
/// let error = Identity::pem("", "").unwrap_err();
/// assert!(matches!(error.problem(), Problem::Empty));
/// ```
#[derive(Clone)]
pub struct Identity(Material);

/// Where chain and key come from.
#[derive(Clone)]
enum Material {
    /// They were given, and checked then.
    Given(Arc<CertifiedKey>),
    /// They are read from these files for each new connection, so that renewed ones take effect.
    Files { chain: PathBuf, key: PathBuf },
}

impl Identity {
    /// Takes chain and key as PEM; they may be the same text.
    ///
    /// # Errors
    ///
    /// There is no certificate or a bad one, the chain is out of order, there is no key or one that cannot be used, or
    /// it is not the certificate's. No crypto provider is compiled in.
    pub fn pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        let (of_chain, of_key) = (Part::Chain.given(), Part::Key.given());
        let chain = pem::certificates(chain.as_ref(), &of_chain)?;
        let key = pem::key(key.as_ref(), &of_key)?;
        Self::given(chain, key)
    }

    /// Takes chain and key from PEM files, read again for each new connection; they may be the same file.
    ///
    /// # Errors
    ///
    /// As for [`pem`](Self::pem), and a file cannot be read. The error names the file.
    pub fn pem_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let (chain, key) = (chain.into(), key.into());
        let files = Files::read(vec![chain.clone(), key.clone()]);
        from_files(&chain, &key, &files)?;
        Ok(Self(Material::Files { chain, key }))
    }

    /// Takes chain and key in DER.
    ///
    /// # Errors
    ///
    /// As for [`pem`](Self::pem).
    pub fn der<C: Into<Vec<u8>>>(
        chain: impl IntoIterator<Item = C>,
        key: impl Into<Vec<u8>>,
    ) -> Result<Self, TlsError> {
        let chain: Vec<_> = chain.into_iter().map(|der| der.into().into()).collect();
        if chain.is_empty() {
            return Err(Part::Chain.given().error(Problem::NoCertificate));
        }
        let key = pem::der_key(key.into(), &Part::Key.given())?;
        Self::given(chain, key)
    }

    /// Checks that they belong together; the errors name no file.
    fn given(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, TlsError> {
        let certified = certify(chain, key, &Part::Chain.given(), &Part::Key.given())?;
        Ok(Self(Material::Given(Arc::new(certified))))
    }

    /// The files that must be read for it; none if it was given.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let files = match &self.0 {
            Material::Given(_) => None,
            Material::Files { chain, key } => Some([&**chain, &**key]),
        };
        files.into_iter().flatten()
    }

    /// What rustls signs with, made anew from the contents of the files if there are any.
    pub(super) fn certified(&self, files: &Files) -> Result<Arc<CertifiedKey>, TlsError> {
        match &self.0 {
            Material::Given(certified) => Ok(certified.clone()),
            Material::Files { chain, key } => Ok(Arc::new(from_files(chain, key, files)?)),
        }
    }
}

/// Takes chain and key from files that were read; the errors name the file.
fn from_files(chain: &Path, key: &Path, files: &Files) -> Result<CertifiedKey, TlsError> {
    let (of_chain, of_key) = (Part::Chain.file(chain), Part::Key.file(key));
    let contents = |path, subject: &Subject| {
        let contents = files.contents(path);
        contents.map_err(|error| subject.error(Problem::Read(error)))
    };
    let chain = pem::certificates(contents(chain, &of_chain)?, &of_chain)?;
    let key = pem::key(contents(key, &of_key)?, &of_key)?;
    certify(chain, key, &of_chain, &of_key)
}

/// Checks that all belongs together.
fn certify(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    of_chain: &Subject,
    of_key: &Subject,
) -> Result<CertifiedKey, TlsError> {
    check_order(&chain, of_chain)?;
    let key = provider()?.key_provider.load_private_key(key);
    // What rustls says of a key could show some of it.
    let key = key.map_err(|_| of_key.error(Problem::Key))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // A key that does not tell is believed.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(_) => Err(of_key.error(Problem::KeyMismatch)),
    }
}

/// Checks that each certificate names the next as its issuer.
///
/// By their names alone: signatures are for the server to verify, who knows the roots.
fn check_order(chain: &[CertificateDer<'static>], subject: &Subject) -> Result<(), TlsError> {
    let mut issuer: Option<Vec<u8>> = None;
    for (n, certificate) in chain.iter().enumerate() {
        let parsed = EndEntityCert::try_from(certificate);
        let parsed =
            parsed.map_err(|error| subject.error(Problem::Certificate(n + 1, error.into())))?;
        if issuer.is_some_and(|issuer| issuer != parsed.subject()) {
            return Err(subject.error(Problem::ChainOrder(n)));
        }
        issuer = Some(parsed.issuer().to_owned());
    }
    Ok(())
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Material::Given(certified) => {
                write!(f, "Identity({} certificates)", certified.cert.len())
            }
            Material::Files { chain, key } => f
                .debug_struct("Identity")
                .field("chain", chain)
                .field("key", key)
                .finish(),
        }
    }
}
