//! Keys stay secret, whatever is shown.

use std::fmt::Debug;

use ziggurat::{
    Channel,
    tls::{Identity, Tls, TlsError},
};

use crate::{authority::Authority, folder::Folder, trusting};

/// What must not be seen: any 12 characters of the key's base64, or 6 bytes of
/// either as a list of numbers.
fn assert_silent(shown: &impl Debug, key_pem: &str, key_der: &[u8]) {
    for text in [format!("{shown:?}"), format!("{shown:#?}")] {
        let body: String = key_pem
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect();
        let pieces = body
            .as_bytes()
            .windows(12)
            .map(|piece| std::str::from_utf8(piece).unwrap());
        let windows = key_der.windows(6).chain(body.as_bytes().windows(6));
        let numbers = windows.map(|bytes| {
            let list = format!("{bytes:?}");
            list[1..list.len() - 1].to_owned()
        });
        for piece in pieces.map(ToOwned::to_owned).chain(numbers) {
            assert!(!text.contains(&piece), "{text}");
        }
    }
}

#[test]
fn debug_shows_no_key() {
    let (ca, folder) = (Authority::new("Root"), Folder::new());
    let issued = ca.client();
    let (pem, der) = (issued.key_pem(), issued.key.serialize_der());
    let key = folder.put("key.pem", &pem);
    let chain = folder.put("chain.pem", issued.pem());
    let given = Identity::pem(issued.pem(), &pem).unwrap();
    let files = Identity::pem_files(chain, key).unwrap();
    for identity in [given, files] {
        assert_silent(&identity, &pem, &der);
        let options = trusting(&ca).identity(identity);
        assert_silent(&options, &pem, &der);
        let tls = Tls::new(options).unwrap();
        assert_silent(&tls, &pem, &der);
        let builder = Channel::builder("https://localhost")
            .unwrap()
            .tls(tls)
            .unwrap();
        assert_silent(&builder, &pem, &der);
        assert_silent(&builder.connect_lazy(), &pem, &der);
    }
}

#[test]
fn errors_show_no_key() {
    let ca = Authority::new("Root");
    let (issued, other) = (ca.client(), ca.client());
    let (pem, der) = (issued.key_pem(), issued.key.serialize_der());
    let half = &der[..der.len() / 2];
    let errors: [Result<Identity, TlsError>; 6] = [
        // The whole key in what should be its first line.
        Identity::pem(issued.pem(), pem.replace('\n', "")),
        Identity::pem(issued.pem(), pem.replace("-----END", "END")),
        Identity::pem(issued.pem(), pem.replacen('M', "?", 1)),
        Identity::pem(other.pem(), &pem),
        Identity::der([issued.chain[0].to_vec()], half),
        Identity::der([issued.chain[0].to_vec()], der[1..].to_vec()),
    ];
    for error in errors {
        let error = error.unwrap_err();
        assert_silent(&error, &pem, &der);
        assert_silent(&error.to_string(), &pem, &der);
    }
}
