//! Runs the coffee machine alone, for programs of your own to call.
//!
//! It waits at 127.0.0.1:50051, or at the address that is given to it, such as `127.0.0.1:0` for a free port. It ends
//! with its input (ctrl-D), or when it is stopped (ctrl-C).

use std::{env, error::Error};

use tokio::io::{self, AsyncReadExt};
use ziggurat_examples::server;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:50051");
    let served = server::serve_at(address.parse()?).await;
    let (address, _serving) =
        served.map_err(|error| format!("{address} cannot be had: {error}"))?;
    println!("A coffee machine waits at http://{address}.");
    let mut input = io::stdin();
    while input.read(&mut [0; 64]).await? > 0 {}
    Ok(())
}
