//! The handshake itself, and the check that the server has agreed to HTTP/2 by ALPN, unless that is assumed.

use std::io::{self, ErrorKind};

use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::{Secured, Tls, config::H2, explain::Situation, options::Http2, shared::Current};
use crate::{Stream, Target};

/// Does the handshake over a stream that leads to the target, by the name of its authority (I-32).
///
/// There is no timeout here. Dropping the future closes the stream. It is for who makes attempts to connect, as
/// `ziggurat-transport` does.
///
/// # Errors
///
/// What was found, as the end of a sentence about the server: "it …". The `rustls::Error` is among its sources.
pub async fn secure<S: Stream>(tls: &Tls, target: &Target, stream: S) -> io::Result<Secured<S>> {
    let Current { config, http2 } = tls.current().await;
    let server_name = name_of(target)?;
    let mut situation = Situation {
        server_name: server_name.clone(),
        has_identity: config.client_auth_cert_resolver.has_certs(),
        http2: Http2::Negotiated,
    };
    let stream = TlsConnector::from(config)
        .connect(server_name, stream)
        .await
        .map_err(|error| situation.explain_handshake(error))?;
    let (_, connection) = stream.get_ref();
    match (connection.alpn_protocol(), http2) {
        (Some(H2), _) => Ok(Secured::tls(stream, situation)),
        (None, Http2::Assumed) => {
            situation.http2 = http2;
            Ok(Secured::tls(stream, situation))
        }
        _ => {
            let text = "it does not offer HTTP/2 over TLS: it ignored ALPN h2; if it speaks HTTP/2 \
                        all the same, set TlsOptions::assume_http2";
            Err(io::Error::other(text))
        }
    }
}

/// The name to verify: the host of the target's authority, an IPv6 address without its brackets.
fn name_of(target: &Target) -> io::Result<ServerName<'static>> {
    let host = target.authority().host();
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    ServerName::try_from(address.unwrap_or(host).to_owned()).map_err(|error| {
        let text = format!("{host:?} is no name that a certificate can have: {error}");
        io::Error::new(ErrorKind::InvalidInput, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_host_that_no_certificate_can_have() {
        // I-30
        let target = Target::parse("https://-").unwrap();
        assert_eq!(
            name_of(&target).unwrap_err().to_string(),
            "\"-\" is no name that a certificate can have: invalid dns name"
        );
    }
}
