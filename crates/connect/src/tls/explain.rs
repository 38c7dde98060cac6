//! What rustls found, in sentences that end a search.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind},
};

use rustls::{
    AlertDescription, CertificateError, Error as Tls, PeerIncompatible, pki_types::ServerName,
};
use ziggurat_text::{VALUE, foreign};

use super::{date::Date, options::Http2};
use crate::error::{Explained, find};

/// So many names of a certificate are shown.
const NAMES: usize = 8;

/// What the sentences depend on beside the error.
#[derive(Clone, Debug)]
pub(super) struct Situation {
    /// The name that the certificate is verified for, and that SNI tells the server.
    pub(super) server_name: ServerName<'static>,
    /// Whether there is a client certificate to show.
    pub(super) has_identity: bool,
    /// How it is known that the server speaks HTTP/2, once the handshake is over.
    pub(super) http2: Http2,
}

impl Situation {
    /// Says why a handshake failed.
    ///
    /// An end without a word has a sentence of its own, for rustls has none for it. The kind of the error stays.
    pub(super) fn explain_handshake(&self, error: io::Error) -> io::Error {
        if !is_end(error.kind()) {
            return self.explain(error);
        }
        let sentence = "it closed the connection during the TLS handshake".to_owned();
        io::Error::new(error.kind(), Explained::new(sentence, error))
    }

    /// Says what is wrong with the first thing that happened after the handshake.
    ///
    /// With TLS 1.3 the client is through before the server has looked at its certificate: a refusal comes here (I-7).
    pub(super) fn explain_first(&self, error: io::Error) -> io::Error {
        if !is_end(error.kind()) {
            return self.explain(error);
        }
        let http2 = match self.http2 {
            Http2::Negotiated => "",
            Http2::Assumed => "it may not speak HTTP/2, as TlsOptions::assume_http2 has it, or ",
        };
        let why = if self.has_identity {
            "it may have refused the client certificate"
        } else {
            "it may demand a client certificate: set TlsOptions::identity"
        };
        let sentence = format!("it closed the connection after the TLS handshake; {http2}{why}");
        io::Error::new(error.kind(), Explained::new(sentence, error))
    }

    /// Says what is wrong, where rustls said it in its own words.
    ///
    /// The kind of the error stays, and rustls' error is its source. What is not rustls' passes as it is, but for a stream
    /// that ends without close_notify.
    pub(super) fn explain(&self, error: io::Error) -> io::Error {
        let Some(tls) = find::<Tls>(&error) else {
            return match error.kind() {
                // rustls would tell how to program.
                ErrorKind::UnexpectedEof => io::Error::new(
                    ErrorKind::UnexpectedEof,
                    "the server closed it without TLS's close_notify",
                ),
                _ => error,
            };
        };
        let explained = Explained::new(self.sentence(tls), tls.clone());
        io::Error::new(error.kind(), explained)
    }

    /// The sentence for an error of rustls: what the server did, as the end of "it …", and what to set, if something helps.
    fn sentence(&self, error: &Tls) -> String {
        match error {
            Tls::InvalidCertificate(error) => self.certificate(error),
            Tls::AlertReceived(alert) => self.alert(*alert),
            Tls::InvalidMessage(_) => {
                "it does not speak TLS; if it is a plaintext server, write http://".into()
            }
            Tls::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
                "it speaks neither TLS 1.2 nor TLS 1.3".into()
            }
            other => format!("TLS failed: {other}"),
        }
    }

    /// What is wrong with the server's certificate, with the time or the names that rustls found in it.
    ///
    /// rustls has most problems twice, with and without what it found; both are told, the second in fewer words.
    fn certificate(&self, error: &CertificateError) -> String {
        let name = self.server_name.to_str();
        match error {
            CertificateError::ExpiredContext { not_after, .. } => {
                format!("its certificate expired at {}", Date(*not_after))
            }
            CertificateError::Expired => "its certificate has expired".into(),
            CertificateError::NotValidYetContext { not_before, .. } => format!(
                "its certificate is not valid before {}; is this machine's clock right?",
                Date(*not_before)
            ),
            CertificateError::NotValidYet => {
                "its certificate is not valid yet; is this machine's clock right?".into()
            }
            CertificateError::NotValidForNameContext { presented, .. } => format!(
                "its certificate is not for {name:?} but for {}; connect by that name, or set \
                 TlsOptions::server_name",
                names(presented)
            ),
            CertificateError::NotValidForName => {
                format!("its certificate is not for {name:?}")
            }
            CertificateError::UnknownIssuer => {
                "its certificate was issued by an authority that is not trusted; if it should be, \
                 add the authority's certificate with Roots::pem_file"
                    .into()
            }
            CertificateError::BadSignature => {
                "its certificate was signed with another key than that of the authority which it \
                 names; the roots may have another certificate of that name"
                    .into()
            }
            CertificateError::Revoked => "its certificate was revoked".into(),
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
                "its certificate is not for servers".into()
            }
            CertificateError::Other(other) if is_authority(&*other.0) => {
                "its certificate is marked as an authority's (CA:TRUE); a server needs one of its \
                 own, issued by that authority or self-signed with CA:FALSE"
                    .into()
            }
            other => format!("its certificate cannot be used: {other}"),
        }
    }

    /// What an alert of the server means to this client.
    ///
    /// Most of them say the same of a client certificate that was shown, and something else where none was.
    fn alert(&self, alert: AlertDescription) -> String {
        use AlertDescription as Alert;
        let name = Name(alert);
        match alert {
            Alert::NoApplicationProtocol => {
                format!("it does not offer HTTP/2 over TLS: it refused ALPN h2 (alert {name})")
            }
            Alert::ProtocolVersion => {
                format!("it speaks neither TLS 1.2 nor TLS 1.3 (alert {name})")
            }
            Alert::UnrecognisedName => format!(
                "it does not know the name {:?} (alert {name}); set TlsOptions::server_name",
                self.server_name.to_str()
            ),
            Alert::CertificateRequired => {
                format!("it demands a client certificate (alert {name}); set TlsOptions::identity")
            }
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError
                if self.has_identity =>
            {
                format!("it refused the client certificate (alert {name})")
            }
            // So says a server without TLS 1.3 that was shown none.
            Alert::HandshakeFailure | Alert::BadCertificate if !self.has_identity => format!(
                "it ended the handshake (alert {name}); it may demand a client certificate: set \
                 TlsOptions::identity"
            ),
            _ => format!("it ended the TLS connection (alert {name})"),
        }
    }
}

/// Whether the other side is gone.
///
/// Systems differ in the kind: the same server may end a connection, reset it, or break the pipe of what is written.
fn is_end(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
    )
}

/// Whether webpki refused a certificate since it is an authority's; rustls passes that on as an error of others.
fn is_authority(error: &(dyn Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// The names of a certificate, which are rustls' debug texts such as `DnsName("cafe.example")`.
pub(super) fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        return "no name at all".into();
    }
    let bare = |name: &String| {
        let inner = name
            .split_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'));
        let inner = inner.unwrap_or(name);
        foreign(inner.trim_matches('"'), VALUE).to_string()
    };
    let mut shown: Vec<_> = presented.iter().take(NAMES).map(bare).collect();
    if presented.len() > NAMES {
        shown.push(format!("{} more", presented.len() - NAMES));
    }
    shown.join(", ")
}

/// An alert by its name in RFC 8446.
struct Name(AlertDescription);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.0.as_str()) {
            (AlertDescription::UnrecognisedName, _) => f.write_str("unrecognized_name"),
            (AlertDescription::UnknownCA, _) => f.write_str("unknown_ca"),
            (AlertDescription::UnknownPSKIdentity, _) => f.write_str("unknown_psk_identity"),
            (_, Some(name)) => snake_case(name, f),
            (other, None) => write!(f, "{}", u8::from(other)),
        }
    }
}

/// Writes `HandshakeFailure` as `handshake_failure`.
fn snake_case(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (n, letter) in name.char_indices() {
        if n > 0 && letter.is_ascii_uppercase() {
            f.write_str("_")?;
        }
        write!(f, "{}", letter.to_ascii_lowercase())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustls::{HandshakeType, InvalidMessage};

    use super::*;

    #[test]
    fn alerts_have_their_names() {
        let table = [
            (AlertDescription::HandshakeFailure, "handshake_failure"),
            (AlertDescription::CloseNotify, "close_notify"),
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::UnrecognisedName, "unrecognized_name"),
            (
                AlertDescription::NoApplicationProtocol,
                "no_application_protocol",
            ),
            (AlertDescription::Unknown(200), "200"),
        ];
        for (alert, name) in table {
            assert_eq!(Name(alert).to_string(), name);
        }
    }

    #[test]
    fn names_are_few_and_printable() {
        assert_eq!(names(&[]), "no name at all");
        let some = ["DnsName(\"a\n\")".to_owned(), "IpAddress(::1)".to_owned()];
        assert_eq!(names(&some), "a\\n, ::1");
        let many = vec!["DnsName(\"a\")".to_owned(); 10];
        assert!(names(&many).ends_with("a, a, 2 more"));
    }

    fn said(has_identity: bool, error: Tls) -> String {
        let situation = Situation {
            server_name: ServerName::try_from("cafe").unwrap(),
            has_identity,
            http2: Http2::Negotiated,
        };
        let error = io::Error::new(ErrorKind::InvalidData, error);
        situation.explain(error).to_string()
    }

    #[test]
    fn of_a_certificate_without_more_than_what_is_wrong() {
        // I-26
        for (error, sentence) in [
            (CertificateError::Expired, "its certificate has expired"),
            (
                CertificateError::NotValidYet,
                "its certificate is not valid yet; is this machine's clock right?",
            ),
            (
                CertificateError::NotValidForName,
                "its certificate is not for \"cafe\"",
            ),
            (CertificateError::Revoked, "its certificate was revoked"),
            (
                CertificateError::BadEncoding,
                "its certificate cannot be used: BadEncoding",
            ),
        ] {
            assert_eq!(said(false, Tls::InvalidCertificate(error)), sentence);
        }
    }

    #[test]
    fn of_alerts() {
        // I-7
        use AlertDescription as Alert;
        for (has_identity, alert, sentence) in [
            (
                false,
                Alert::HandshakeFailure,
                "it ended the handshake (alert handshake_failure); it may demand a client certificate: \
                 set TlsOptions::identity",
            ),
            (
                true,
                Alert::HandshakeFailure,
                "it ended the TLS connection (alert handshake_failure)",
            ),
            (
                false,
                Alert::CertificateRequired,
                "it demands a client certificate (alert certificate_required); set TlsOptions::identity",
            ),
            (
                false,
                Alert::UnrecognisedName,
                "it does not know the name \"cafe\" (alert unrecognized_name); set TlsOptions::server_name",
            ),
            (
                true,
                Alert::UnknownCA,
                "it refused the client certificate (alert unknown_ca)",
            ),
        ] {
            assert_eq!(said(has_identity, Tls::AlertReceived(alert)), sentence);
        }
    }

    #[test]
    fn of_what_is_no_tls() {
        let message = InvalidMessage::MissingData("x");
        assert_eq!(
            said(false, Tls::InvalidMessage(message)),
            "it does not speak TLS; if it is a plaintext server, write http://"
        );
        let other = Tls::InappropriateHandshakeMessage {
            expect_types: Vec::new(),
            got_type: HandshakeType::Finished,
        };
        assert!(said(false, other).starts_with("TLS failed: "));
        let situation = Situation {
            server_name: ServerName::try_from("cafe").unwrap(),
            has_identity: false,
            http2: Http2::Negotiated,
        };
        let end = situation.explain(ErrorKind::UnexpectedEof.into());
        assert_eq!(
            end.to_string(),
            "the server closed it without TLS's close_notify"
        );
    }
}
