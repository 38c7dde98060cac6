//! TLS: certificates for both ends, and a client that shows none.

use std::{fs, path::Path};

use ziggurat::{
    Channel,
    tls::{Identity, Roots, TlsOptions},
};
use ziggurat_examples::{cafe::CoffeeMachineStub, secure::Authority};

use crate::{Failure, same, shapes};

/// Writes certificates and keys for a server by the name `localhost`, and for its clients.
pub(crate) fn write(folder: &Path) -> Result<(), Failure> {
    let made = || {
        let authority = Authority::new("Cafe")?;
        Ok((
            authority.pem(),
            authority.server("localhost")?,
            authority.client("interop")?,
        ))
    };
    let (ca, server, client) =
        made().map_err(|error: Box<dyn std::error::Error>| error.to_string())?;
    fs::create_dir_all(folder)?;
    for (name, contents) in [
        ("ca.pem", ca),
        ("server.pem", server.chain),
        ("server.key", server.key),
        ("client.pem", client.chain),
        ("client.key", client.key),
    ] {
        fs::write(folder.join(name), contents)?;
    }
    Ok(())
}

/// Trusts the server, and shows a certificate if it asks for one.
pub(crate) fn options(folder: &Path) -> Result<TlsOptions, Failure> {
    let identity = Identity::pem_files(folder.join("client.pem"), folder.join("client.key"))?;
    Ok(trusting(folder)?.identity(identity))
}

fn trusting(folder: &Path) -> Result<TlsOptions, Failure> {
    Ok(TlsOptions::new().roots(Roots::pem_file(folder.join("ca.pem"))?))
}

/// A server that demands a certificate refuses a client that has none.
pub(crate) async fn without_a_certificate(target: String, folder: &Path) -> Result<(), Failure> {
    let builder = Channel::builder(&target)?.tls(trusting(folder)?)?;
    let cafe = CoffeeMachineStub::new(builder.connect_lazy());
    let status = cafe.make_latte(shapes::order()).await.map(drop);
    let status = status.err().ok_or("it was served")?;
    same(status.code(), ziggurat::Code::Unavailable)?;
    // The C++ core sends no alert.
    let expected = "it closed the connection after the TLS handshake; it may demand a client \
                    certificate: set TlsOptions::identity";
    same(
        status.message(),
        &*format!("cannot connect to {target}: {expected}"),
    )
}
