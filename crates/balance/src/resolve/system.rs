use std::{
    borrow::Cow,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::net::lookup_host;
use ziggurat_transport::BoxError;

use super::{Fixed, Polled, Resolution, Resolver};

/// Tells the addresses of a name, as the operating system has them: by DNS, `/etc/hosts` and whatever else it is set up for.
///
/// Each address is an endpoint of its own, in the order of the system, which is that of RFC 6724 (G-11). The name is looked
/// up as [`Polled`] does: again every 30 seconds, for the system does not tell how long an answer counts, and sooner when
/// connections fail. An IP address is told once and never looked up.
///
/// A lookup takes a thread of tokio's for blocking work, as long as the system needs to answer; one that is given up still
/// holds its thread until then. Its error is the system's own, an [`io::Error`]. Ports and weights of SRV records, and how
/// long an answer counts, the system does not tell.
///
/// ```
/// use std::{future::poll_fn, time::Duration};
/// use ziggurat::balance::{Resolver, resolve::System};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let mut servers = System::new("localhost", 50051).refresh_interval(Duration::from_secs(60));
/// let resolution = poll_fn(|cx| servers.poll_resolution(cx)).await.unwrap()?;
/// assert!(!resolution.endpoints.is_empty());
/// assert_eq!(servers.name(), r#"the system's resolver for "localhost""#);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct System {
    /// As it was given, for messages.
    host: String,
    source: Source,
}

/// What looks the name up, once at each call: the system, or what a test has in its place.
type Lookup = Box<dyn FnMut() -> Asking + Send>;
/// A lookup that goes on. It is boxed once per lookup, which is every few seconds at most.
type Asking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Where the addresses come from.
#[derive(Debug)]
enum Source {
    /// There is nothing to look up.
    Literal(Fixed),
    /// The name is looked up again and again.
    Name(Polled<Lookup, Asking>),
}

impl System {
    /// Tells the addresses of this host, with this port.
    ///
    /// An IPv6 address may be in brackets.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self::by(host.into(), port, |host, port| async move {
            let addresses = lookup_host((host, port)).await?;
            Ok(addresses.collect())
        })
    }

    /// One that looks names up by this function.
    pub(super) fn by<F>(
        host: String,
        port: u16,
        mut lookup: impl FnMut(String, u16) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        if let Some(ip) = literal(&host) {
            let source = Source::Literal(Fixed::one(SocketAddr::new(ip, port)));
            return Self { host, source };
        }
        let name = host.clone();
        let lookup: Lookup = Box::new(move || Box::pin(lookup(name.clone(), port)));
        let source = Source::Name(Polled::new(lookup));
        Self { host, source }
    }

    /// Looks the name up again this long after each answer and each error.
    ///
    /// The default is 30 seconds; see [`Polled::refresh_interval`]. With `None` it is looked up on request only, when
    /// connections fail or the channel was idle: then new servers get no calls as long as the old ones answer.
    pub fn refresh_interval(self, interval: impl Into<Option<Duration>>) -> Self {
        let source = match self.source {
            Source::Name(name) => Source::Name(name.refresh_interval(interval)),
            literal @ Source::Literal(_) => literal,
        };
        Self { source, ..self }
    }
}

/// The address, if the host is one.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

impl Resolver for System {
    fn name(&self) -> Cow<'_, str> {
        format!("the system's resolver for {:?}", self.host).into()
    }

    /// It has only addresses.
    fn brings_config(&self) -> bool {
        false
    }

    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>> {
        match &mut self.source {
            Source::Literal(address) => address.poll_resolution(cx),
            Source::Name(name) => name.poll_resolution(cx),
        }
    }

    fn resolve_again(&mut self) {
        match &mut self.source {
            Source::Literal(address) => address.resolve_again(),
            Source::Name(name) => name.resolve_again(),
        }
    }
}
