//! Certificates, made on the spot, and the coffee machine behind TLS.

use std::{
    env,
    error::Error,
    fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use tonic::transport::{
    Identity, Server, ServerTlsConfig,
    server::{Router, TcpIncoming},
};
use ziggurat::tls::{Roots, TlsOptions};

use crate::{server::Machine, tonic_cafe::coffee_machine_server::CoffeeMachineServer};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Issues certificates.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
#[derive(Debug)]
pub struct Issued {
    /// The certificate.
    pub chain: String,
    /// Its private key, as PKCS#8.
    pub key: String,
}

impl Authority {
    /// An authority of this name, which nobody trusts yet.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Self(issuer))
    }

    /// Its own certificate, for those who trust it.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a server of this name.
    pub fn server(&self, name: &str) -> Result<Issued> {
        self.issue(name, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a client of this name.
    pub fn client(&self, name: &str) -> Result<Issued> {
        self.issue(name, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(&self, name: &str, purpose: ExtendedKeyUsagePurpose) -> Result<Issued> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.extended_key_usages = vec![purpose];
        let chain = params.signed_by(&key, &self.0)?.pem();
        let key = key.serialize_pem();
        Ok(Issued { chain, key })
    }
}

/// Starts a machine behind TLS; gives its URL, and options for those who trust it.
pub fn serve() -> Result<(String, TlsOptions)> {
    let authority = Authority::new("Cafe")?;
    let Issued { chain, key } = authority.server("localhost")?;
    let tls = ServerTlsConfig::new().identity(Identity::from_pem(chain, key));
    let machine = CoffeeMachineServer::new(Machine);
    let url = listen(Server::builder().tls_config(tls)?.add_service(machine))?;
    let roots = Roots::pem(authority.pem())?;
    Ok((url, TlsOptions::new().roots(roots)))
}

/// Runs a server on a loopback port; gives its URL, by the name `localhost`.
pub fn listen(server: Router) -> Result<String> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
    let port = incoming.local_addr()?.port();
    tokio::spawn(server.serve_with_incoming(incoming));
    Ok(format!("https://localhost:{port}"))
}

/// A folder with an authority's certificate, a client's, and keys; removed when it is dropped.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Writes them.
    pub fn write() -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let name = format!("ziggurat-examples-{}-{number}", process::id());
        let files = Self(env::temp_dir().join(name));
        fs::create_dir(&files.0)?;
        let authority = Authority::new("Cafe")?;
        let Issued { chain, key } = authority.client("ada.example")?;
        fs::write(files.ca(), authority.pem())?;
        fs::write(files.chain(), chain)?;
        fs::write(files.key(), key)?;
        fs::write(files.other_key(), KeyPair::generate()?.serialize_pem())?;
        Ok(files)
    }

    /// The authority's certificate.
    pub fn ca(&self) -> PathBuf {
        self.0.join("ca.pem")
    }

    /// The client's certificate.
    pub fn chain(&self) -> PathBuf {
        self.0.join("client.pem")
    }

    /// The client's key.
    pub fn key(&self) -> PathBuf {
        self.0.join("client.key")
    }

    /// Another key.
    pub fn other_key(&self) -> PathBuf {
        self.0.join("other.key")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What is left is a few files among the temporary ones.
        drop(fs::remove_dir_all(&self.0));
    }
}
