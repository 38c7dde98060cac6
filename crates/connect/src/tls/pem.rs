//! Certificates and keys out of PEM and DER. What it says of a key has nothing of the key in it.

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject},
};

use super::error::{Problem, Subject, TlsError};

/// How encrypted keys begin, as PKCS#8 and as what OpenSSL wrote before.
const ENCRYPTED: [&[u8]; 2] = [
    b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
    b"Proc-Type: 4,ENCRYPTED",
];

/// All certificates of a text, in their order; there is at least one.
pub(super) fn certificates(
    pem: &[u8],
    subject: &Subject,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    refuse_blank(pem, subject)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|_| subject.error(Problem::Pem))?;
    if certificates.is_empty() {
        return Err(subject.error(Problem::NoCertificate));
    }
    Ok(certificates)
}

/// The first private key of a text.
///
/// Sections of other kinds before it are passed over, so that a file may hold the chain too.
pub(super) fn key(pem: &[u8], subject: &Subject) -> Result<PrivateKeyDer<'static>, TlsError> {
    refuse_blank(pem, subject)?;
    let is_encrypted = |marker: &&[u8]| pem.windows(marker.len()).any(|text| text == *marker);
    if ENCRYPTED.iter().any(is_encrypted) {
        return Err(subject.error(Problem::EncryptedKey));
    }
    // The error of a malformed line shows the line.
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        pem::Error::NoItemsFound => subject.error(Problem::NoKey),
        _ => subject.error(Problem::Pem),
    })
}

/// A key whose form is seen by its beginning.
pub(super) fn der_key(der: Vec<u8>, subject: &Subject) -> Result<PrivateKeyDer<'static>, TlsError> {
    if der.is_empty() {
        return Err(subject.error(Problem::Empty));
    }
    PrivateKeyDer::try_from(der).map_err(|_| subject.error(Problem::Key))
}

/// Fails where there is nothing but white space: an empty file is often one that is still being written.
fn refuse_blank(text: &[u8], subject: &Subject) -> Result<(), TlsError> {
    if text.trim_ascii().is_empty() {
        return Err(subject.error(Problem::Empty));
    }
    Ok(())
}
