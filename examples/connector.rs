//! Reaches a server through a gateway instead of over TCP: a connector of one's own.
//!
//! The gateway stands for whatever carries bytes: ssh, a SOCKS proxy, a virtual machine's socket. One sees a call to a
//! server that only the gateway knows, and the error for one that it does not know.

use std::{error::Error, future::ready, io};

use tokio::{io::DuplexStream, sync::mpsc};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::Server;
use ziggurat::{
    Channel,
    channel::{Bare, Target},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let gateway = Gateway::open();
    // Called once for each connection. Any tower service of targets will do; this one is made of a function.
    let connector = tower::service_fn(move |target: Target| ready(gateway.lead(&target)));

    let channel = Channel::builder("http://cafe.internal")?
        .connector(connector.clone())
        .connect_lazy();
    let cafe = CoffeeMachineStub::new(channel);
    println!("{:?}", cafe.make_latte(LatteOrder::default()).await?);

    let tea = Channel::builder("http://tea.internal")?.connector(connector);
    let status = tea.connect().await.expect_err("the gateway knows coffee");
    println!("{status}");
    Ok(())
}

/// Leads to a server that has no address, over pipes in memory.
#[derive(Clone)]
struct Gateway {
    cafe: mpsc::UnboundedSender<io::Result<DuplexStream>>,
}

impl Gateway {
    fn open() -> Self {
        let (cafe, accepted) = mpsc::unbounded_channel();
        let server = Server::builder().add_service(CoffeeMachineServer::new(Machine));
        tokio::spawn(server.serve_with_incoming(UnboundedReceiverStream::new(accepted)));
        Self { cafe }
    }

    /// What the error says becomes part of the calls' status.
    ///
    /// A stream of another crate is [`Bare`]; one of your own can tell its addresses.
    fn lead(&self, target: &Target) -> io::Result<Bare<DuplexStream>> {
        if target.host() != "cafe.internal" {
            let reason = format!("the gateway knows no {}", target.host());
            return Err(io::Error::other(reason));
        }
        let (near, far) = tokio::io::duplex(64 * 1024);
        self.cafe.send(Ok(far)).map_err(io::Error::other)?;
        Ok(Bare(near))
    }
}
