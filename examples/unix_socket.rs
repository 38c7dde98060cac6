//! Calls a server behind a unix socket, and shows what is said when it is not there.
//!
//! One sees the error for a socket that nobody made yet, a call that waits until the server is up, and by which name and
//! at which path the server was reached.

use std::{error::Error, path::Path};

use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use ziggurat::{
    Channel,
    channel::{Builder, Target},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("cafe-{}.sock", std::process::id()));

    // A path that is not known before: no character of it needs an escape here.
    let channel = Builder::new(Target::unix(&path)?).connect_lazy();
    let cafe = CoffeeMachineStub::new(channel);
    let status = cafe.make_latte(LatteOrder::default()).await;
    println!("{}", status.expect_err("nobody listens yet"));

    serve(&path)?;
    let order = LatteOrder::default();
    println!("{:?}", cafe.make_latte(order).wait_for_ready(true).await?);

    // A path that is written down.
    let channel = Channel::builder(&format!("unix:{}", path.display()))?.connect_lazy();
    let cafe = CoffeeMachineStub::new(channel);
    let response = cafe.make_latte(LatteOrder::default()).send().await?;
    let peer = response.peer().ok_or("a channel tells its peer")?;
    println!("answered at {:?}", peer.unix_path());

    std::fs::remove_file(path)?;
    Ok(())
}

fn serve(path: &Path) -> std::io::Result<()> {
    let incoming = UnixListenerStream::new(UnixListener::bind(path)?);
    let server = Server::builder().add_service(CoffeeMachineServer::new(Machine));
    tokio::spawn(server.serve_with_incoming(incoming));
    Ok(())
}
