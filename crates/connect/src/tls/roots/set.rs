use std::{
    fmt,
    path::{Path, PathBuf},
};

use rustls::{RootCertStore, pki_types::CertificateDer};

use super::system;
use crate::tls::{
    error::{Part, Problem, Subject, TlsError},
    files::Files,
    pem,
};

/// The authorities whose word is taken for who a server is.
///
/// The default of [`TlsOptions`](crate::tls::TlsOptions) is those of the system. A server's own certificate can be one
/// too, if it is not marked as an authority's (I-8). Cloning copies certificates.
///
/// ```
/// use ziggurat::tls::{Problem, Roots};
///
/// let error = Roots::pem("no certificate").unwrap_err();
/// assert!(matches!(error.problem(), Problem::NoCertificate));
/// ```
#[derive(Clone)]
pub struct Roots(Vec<Set>);

#[derive(Clone)]
enum Set {
    Certificates(Vec<CertificateDer<'static>>),
    File(PathBuf),
    Loaded(fn(&mut RootCertStore) -> Result<(), TlsError>, &'static str),
}

impl Roots {
    /// Takes the certificates of a PEM text; what else is in it does not matter.
    ///
    /// # Errors
    ///
    /// The text has no certificate, or a bad one.
    pub fn pem(pem: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        let subject = Part::Roots.given();
        let certificates = pem::certificates(pem.as_ref(), &subject)?;
        Self::checked(certificates, &subject)
    }

    /// Takes the certificates of a PEM file, read again for each new connection.
    ///
    /// # Errors
    ///
    /// The file cannot be read, has no certificate, or a bad one.
    pub fn pem_file(path: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let path = path.into();
        let files = Files::read(vec![path.clone()]);
        add_file(&mut RootCertStore::empty(), &path, &files)?;
        Ok(Self(vec![Set::File(path)]))
    }

    /// Takes certificates in DER.
    ///
    /// # Errors
    ///
    /// There is none, or a bad one.
    pub fn der<C: Into<Vec<u8>>>(
        certificates: impl IntoIterator<Item = C>,
    ) -> Result<Self, TlsError> {
        let certificates = certificates.into_iter().map(|der| der.into().into());
        Self::checked(certificates.collect(), &Part::Roots.given())
    }

    /// Adds others to these.
    ///
    /// ```
    /// use ziggurat::tls::{Roots, TlsError};
    ///
    /// /// Two authorities of one's own.
    /// fn roots(old: &str, new: &str) -> Result<Roots, TlsError> {
    ///     Ok(Roots::pem(old)?.and(Roots::pem(new)?))
    /// }
    /// assert!(roots("", "").is_err());
    /// ```
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    fn checked(
        certificates: Vec<CertificateDer<'static>>,
        subject: &Subject,
    ) -> Result<Self, TlsError> {
        if certificates.is_empty() {
            return Err(subject.error(Problem::NoCertificate));
        }
        add(&mut RootCertStore::empty(), &certificates, subject)?;
        Ok(Self(vec![Set::Certificates(certificates)]))
    }

    /// What is loaded when it is needed, and its name.
    pub(super) fn loaded(
        load: fn(&mut RootCertStore) -> Result<(), TlsError>,
        name: &'static str,
    ) -> Self {
        Self(vec![Set::Loaded(load, name)])
    }

    pub(in crate::tls) fn files(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|set| match set {
            Set::File(path) => Some(&**path),
            Set::Certificates(_) | Set::Loaded(..) => None,
        })
    }

    pub(in crate::tls) fn store(&self, files: &Files) -> Result<RootCertStore, TlsError> {
        let mut store = RootCertStore::empty();
        for set in &self.0 {
            match set {
                Set::Certificates(certificates) => {
                    add(&mut store, certificates, &Part::Roots.given())?;
                }
                Set::File(path) => add_file(&mut store, path, files)?,
                Set::Loaded(load, _) => load(&mut store)?,
            }
        }
        Ok(store)
    }
}

/// Those of the system.
impl Default for Roots {
    fn default() -> Self {
        Self::loaded(system::load, "system")
    }
}

fn add_file(store: &mut RootCertStore, path: &Path, files: &Files) -> Result<(), TlsError> {
    let subject = Part::Roots.file(path);
    let contents = files.contents(path);
    let contents = contents.map_err(|error| subject.error(Problem::Read(error)))?;
    add(store, &pem::certificates(contents, &subject)?, &subject)
}

fn add(
    store: &mut RootCertStore,
    certificates: &[CertificateDer<'static>],
    subject: &Subject,
) -> Result<(), TlsError> {
    for (n, certificate) in certificates.iter().enumerate() {
        let added = store.add(certificate.clone());
        added.map_err(|error| subject.error(Problem::Certificate(n + 1, error.into())))?;
    }
    Ok(())
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Roots")?;
        f.debug_list().entries(&self.0).finish()
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificates(certificates) => write!(f, "{} given", certificates.len()),
            Self::File(path) => path.fmt(f),
            Self::Loaded(_, name) => f.write_str(name),
        }
    }
}
