//! Certificates and keys that cannot be used: refused where they are given, in the name of their file.

use std::{error::Error, io};

use ziggurat::tls::{Identity, Problem, Roots, Tls, TlsError, TlsOptions};

use crate::{
    authority::{Authority, pem},
    folder::Folder,
};

#[track_caller]
fn assert_text(error: &TlsError, expected: &str) {
    assert_eq!(error.to_string(), expected);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = Folder::new();
    let missing = folder.path("missing.pem");
    let error = Roots::pem_file(&missing).unwrap_err();
    assert_text(
        &error,
        &format!(
            "the root certificates in \"{}\" cannot be read: No such file or directory (os error 2)",
            missing.display()
        ),
    );
    assert!(
        error.source().unwrap().is::<io::Error>() && matches!(error.problem(), Problem::Read(_))
    );

    let client = Authority::new("Root").client();
    let chain = folder.put("chain.pem", client.pem());
    let key = folder.put("key.pem", client.key_pem());
    for (chain, key) in [(&missing, &key), (&chain, &missing)] {
        let error = Identity::pem_files(chain, key).unwrap_err();
        assert!(matches!(error.problem(), Problem::Read(_)));
        assert_eq!(error.file(), Some(&*missing));
    }
    // As large as no certificate is.
    let large = folder.put("large.pem", "");
    let file = std::fs::File::options().write(true).open(&large).unwrap();
    file.set_len(17 << 20).unwrap();
    let error = Roots::pem_file(&large).unwrap_err();
    let text = format!(
        "the root certificates in \"{}\" cannot be read: ",
        large.display()
    );
    assert_text(&error, &(text + "it is longer than 16 MiB"));
    // A folder.
    let error = Roots::pem_file(folder.path("")).unwrap_err();
    assert!(matches!(error.problem(), Problem::Read(_)), "{error}");
}

#[test]
fn roots_that_are_none() {
    let folder = Folder::new();
    let table = [
        ("", "there is nothing there"),
        (" \n", "there is nothing there"),
        (
            "latte",
            "there is no certificate; PEM begins with -----BEGIN CERTIFICATE-----",
        ),
        (
            include_str!("keys/ec.sec1.key"),
            "there is no certificate; PEM begins with -----BEGIN CERTIFICATE-----",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "certificate 1 is bad: invalid peer certificate: BadEncoding",
        ),
    ];
    for (text, expected) in table {
        let path = folder.put("ca.pem", text);
        let expected = |subject: &str| format!("{subject} cannot be used: {expected}");
        let file = format!("the root certificates in \"{}\"", path.display());
        assert_text(&Roots::pem_file(path).unwrap_err(), &expected(&file));
        assert_text(
            &Roots::pem(text).unwrap_err(),
            &expected("the root certificates"),
        );
    }
    assert_text(
        &Roots::pem("-----BEGIN CERTIFICATE-----\nAAAA").unwrap_err(),
        "the root certificates cannot be read as PEM: a section has no end, or is not in base64",
    );
    let none: [Vec<u8>; 0] = [];
    assert!(matches!(
        Roots::der(none).unwrap_err().problem(),
        Problem::NoCertificate
    ));
    let second = [Authority::new("Root").der().to_vec(), vec![1, 2, 3]];
    assert!(matches!(
        Roots::der(second).unwrap_err().problem(),
        Problem::Certificate(2, _)
    ));
}

#[test]
fn keys_that_cannot_be_used() {
    let folder = Folder::new();
    let chain = folder.put("chain.pem", include_str!("keys/ec.pem"));
    let encrypted = "cannot be used: it is encrypted; decrypt it, for example with `openssl pkey`";
    let none = "cannot be used: there is no private key; PEM begins with -----BEGIN PRIVATE \
                KEY-----, RSA PRIVATE KEY or EC PRIVATE KEY";
    let malformed = "cannot be used: it is malformed, or neither RSA, ECDSA nor Ed25519 as PKCS#8, \
                     PKCS#1 or SEC1";
    let table = [
        ("", "cannot be used: there is nothing there"),
        (include_str!("keys/ec.encrypted.key"), encrypted),
        (include_str!("keys/ec.old-encrypted.key"), encrypted),
        (include_str!("keys/ec.pem"), none),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            malformed,
        ),
        (
            include_str!("keys/rsa.pkcs1.key"),
            "does not belong to the first certificate of the chain",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA",
            "cannot be read as PEM: a section has no end, or is not in base64",
        ),
    ];
    for (text, expected) in table {
        let key = folder.put("key.pem", text);
        let expected = format!("the client key in \"{}\" {expected}", key.display());
        let error = Identity::pem_files(&chain, &key).unwrap_err();
        assert_text(&error, &expected);
        assert_eq!(error.file(), Some(&*key));
    }
    let error = Identity::der([vec![1]], Vec::new()).unwrap_err();
    assert!(matches!(error.problem(), Problem::Empty));
}

#[test]
fn chains_that_are_out_of_order() {
    // I-6
    let root = Authority::new("Root");
    let (middle, other) = (root.intermediate("Middle"), root.intermediate("Other"));
    let client = middle.client();
    let own = client.chain[0].clone();
    let orders = [
        vec![middle.der(), own.clone()],
        vec![own.clone(), root.der(), middle.der()],
        vec![own.clone(), other.der()],
        vec![own.clone(), middle.der(), other.der()],
    ];
    for (chain, place) in orders.iter().zip([1, 1, 1, 2]) {
        let error = Identity::pem(pem(chain), client.key_pem()).unwrap_err();
        assert_text(
            &error,
            &format!(
                "the client certificate cannot be used: certificate {place} of the chain was not \
                 issued by the next; the client's own comes first, then the one that issued it, and \
                 so on"
            ),
        );
    }
    for chain in [
        vec![own.clone()],
        vec![own.clone(), middle.der()],
        vec![own, middle.der(), root.der()],
    ] {
        Identity::pem(pem(&chain), client.key_pem()).unwrap();
    }
    assert!(matches!(
        Identity::pem("latte", client.key_pem())
            .unwrap_err()
            .problem(),
        Problem::NoCertificate
    ));
    let none: [Vec<u8>; 0] = [];
    let error = Identity::der(none, client.key.serialize_der()).unwrap_err();
    assert!(matches!(error.problem(), Problem::NoCertificate));
}

#[test]
fn a_file_that_changed_before_it_was_used() {
    let folder = Folder::new();
    let path = folder.put("ca.pem", Authority::new("Root").pem());
    let roots = Roots::pem_file(path).unwrap();
    folder.put("ca.pem", "");
    let error = Tls::new(TlsOptions::new().roots(roots)).unwrap_err();
    assert!(matches!(error.problem(), Problem::Empty));
}
