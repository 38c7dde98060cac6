use rustls::{
    CertificateError, Error,
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName},
    server::ParsedCertificate,
};

use super::explain::names;
use crate::{BoxError, error::Explained};

/// Checks that a server's certificate, in DER, is valid for one more name (I-31).
///
/// Nothing else of it is checked: that was done when the connection was made. The host is a name or an address without
/// brackets.
///
/// # Errors
///
/// A sentence that says which names the certificate has; the source is the `rustls::Error`.
///
/// ```
/// use ziggurat_connect::tls::check_name;
///
/// let error = check_name(b"no certificate", "cafe.example").unwrap_err();
/// assert!(error.to_string().starts_with(r#"its certificate cannot be used for "cafe.example": "#));
/// ```
pub fn check_name(certificate: &[u8], host: &str) -> Result<(), BoxError> {
    let name = ServerName::try_from(host).map_err(|error| {
        let text = format!("{host:?} is no name that a certificate can have");
        Explained::new(text, error)
    })?;
    let certificate = CertificateDer::from(certificate);
    let parsed = ParsedCertificate::try_from(&certificate);
    let checked = parsed.and_then(|parsed| verify_server_name(&parsed, &name));
    checked.map_err(|error| Explained::new(sentence(host, &error), error).into())
}

fn sentence(host: &str, error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented, ..
        }) => format!(
            "its certificate is not for {host:?} but for {}",
            names(presented)
        ),
        other => format!("its certificate cannot be used for {host:?}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_names_and_certificates_that_are_none() {
        // I-32
        let said = |host| check_name(&[], host).unwrap_err().to_string();
        assert_eq!(
            said("a b"),
            "\"a b\" is no name that a certificate can have"
        );
        assert_eq!(
            said("cafe"),
            "its certificate cannot be used for \"cafe\": invalid peer certificate: BadEncoding"
        );
    }
}
