//! Proves who is at either end: mutual TLS, with certificates made on the spot.
//!
//! The machine (tonic's server) takes orders from clients of its own authority only. One sees a call with such a
//! certificate and what both ends agreed on; then calls without one, with a stranger's, and to a server that the client
//! has no reason to trust. Each says what is wrong.

use std::error::Error;

use tonic::transport::{
    Certificate, Server, ServerTlsConfig,
    server::{TcpConnectInfo, TlsConnectInfo},
};
use ziggurat::{
    Channel,
    tls::{Identity, Roots, TlsOptions},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    secure::{self, Authority},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let (ours, theirs) = (Authority::new("Cafe")?, Authority::new("Elsewhere")?);
    let url = serve(&ours)?;
    let trusting = || Ok::<_, Box<dyn Error>>(TlsOptions::new().roots(Roots::pem(ours.pem())?));

    println!("With a certificate of the machine's authority");
    let ada = ours.client("ada.example")?;
    // From files it would be `Identity::pem_files`: read again for each new connection.
    let tls = trusting()?.identity(Identity::pem(&ada.chain, &ada.key)?);
    let cafe = CoffeeMachineStub::new(Channel::builder(&url)?.tls(tls)?.connect_lazy());
    let response = cafe.make_latte(order("Ada")).send().await?;
    let tls = response.peer().and_then(|peer| peer.tls());
    let tls = tls.ok_or("the connection is not secure")?;
    println!("  client: {:?}", response.message());
    println!("  client: {}, {}", tls.version(), tls.cipher_suite());

    println!("\nWithout a certificate");
    fails(&url, trusting()?).await?;

    println!("\nWith a certificate of somebody else");
    let eve = theirs.client("eve.example")?;
    let identity = Identity::pem(&eve.chain, &eve.key)?;
    fails(&url, trusting()?.identity(identity)).await?;

    println!("\nWithout the machine's authority among the roots");
    fails(&url, TlsOptions::new().roots(Roots::pem(theirs.pem())?)).await?;

    println!("\nWith a key that is not the certificate's");
    let error = Identity::pem(&ada.chain, &eve.key).expect_err("they do not match");
    println!("  client: {error}");
    Ok(())
}

/// Shows what a call fails with.
async fn fails(url: &str, tls: TlsOptions) -> Result {
    let cafe = CoffeeMachineStub::new(Channel::builder(url)?.tls(tls)?.connect_lazy());
    let failed = cafe.make_latte(order("Eve")).await;
    println!("  client: {}", failed.expect_err("one end says no"));
    Ok(())
}

/// Starts a machine that demands a client certificate of this authority; gives its URL.
fn serve(authority: &Authority) -> Result<String> {
    let issued = authority.server("localhost")?;
    let tls = ServerTlsConfig::new()
        .identity(tonic::transport::Identity::from_pem(
            issued.chain,
            issued.key,
        ))
        .client_ca_root(Certificate::from_pem(authority.pem()));
    let machine = CoffeeMachineServer::with_interceptor(Machine, greet);
    secure::listen(Server::builder().tls_config(tls)?.add_service(machine))
}

/// Tells on the server's side that the client has shown a certificate.
#[allow(clippy::result_large_err, reason = "an interceptor of tonic")]
fn greet(request: tonic::Request<()>) -> Result<tonic::Request<()>, tonic::Status> {
    let info = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
    let shown = info.and_then(TlsConnectInfo::peer_certs);
    let shown = shown.ok_or_else(|| tonic::Status::unauthenticated("who are you?"))?;
    let count = shown.len();
    println!("  server: a client with {count} certificate of our authority");
    Ok(request)
}

fn order(name: &str) -> LatteOrder {
    let name = name.into();
    LatteOrder { sugar: 1, name }
}
