//! The channels to the suite's servers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use ziggurat::{
    Channel,
    tls::{Identity, Roots, TlsOptions},
};

use crate::{Failure, suite::ClientCompatRequest};

/// One channel for each server, as seen with each client certificate.
#[derive(Default)]
pub(crate) struct Connections(Mutex<HashMap<Place, Channel>>);

#[derive(PartialEq, Eq, Hash)]
struct Place {
    host: String,
    port: u32,
    roots: Bytes,
    /// Chain and key of the client.
    identity: Option<(Bytes, Bytes)>,
}

impl Connections {
    /// The channel to the server that the request names; it is shared, and made at the first request.
    pub(crate) fn channel(&self, request: &ClientCompatRequest) -> Result<Channel, Failure> {
        let credentials = request.client_tls_creds.as_ref();
        let place = Place {
            host: request.host.clone(),
            port: request.port,
            roots: request.server_tls_cert.clone().into(),
            identity: credentials.map(|own| (own.cert.clone().into(), own.key.clone().into())),
        };
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&place) {
            return Ok(channel.clone());
        }
        let channel = connect(&place)?;
        channels.insert(place, channel.clone());
        Ok(channel)
    }
}

fn connect(place: &Place) -> Result<Channel, Failure> {
    let (host, port) = (&place.host, place.port);
    if place.roots.is_empty() {
        return Ok(Channel::builder(&format!("http://{host}:{port}"))?.connect_lazy());
    }
    let mut options = TlsOptions::new().roots(Roots::pem(&place.roots)?);
    if let Some((chain, key)) = &place.identity {
        options = options.identity(Identity::pem(chain, key)?);
    }
    let builder = Channel::builder(&format!("https://{host}:{port}"))?;
    Ok(builder.tls(options)?.connect_lazy())
}
