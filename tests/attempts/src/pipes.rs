//! A channel of ours to the server of a script, without a network: its clock may stand still.

use std::{
    future::ready,
    io,
    sync::{Arc, Mutex},
};

use tower::service_fn;
use ziggurat::channel::{Bare, Builder, Connect, Target};
use ziggurat_testing::peer::Connection;

use crate::Server;

/// The settings of a channel to the server of a script, over pipes.
pub fn builder(server: &Arc<Mutex<Server>>) -> Builder<impl Connect> {
    let server = Arc::clone(server);
    let connector = service_fn(move |_: Target| {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            // Whoever is not served says so.
            if let (Ok(connection), Ok(mut server)) = (Connection::over(far).await, server.lock()) {
                server.serve(connection);
            }
        });
        ready(io::Result::Ok(Bare(near)))
    });
    Builder::default().connector(connector)
}
