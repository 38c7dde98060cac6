use std::{
    borrow::Cow,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use ziggurat_transport::BoxError;

use super::{
    ask::{Question, ask},
    conf::Conf,
    error::DnsError,
};
use crate::resolve::{Fixed, Resolution, Resolver, repeated::Repeated, system::literal};

/// Tells what DNS says of a name: addresses, or the servers of a service, as long as their records count.
///
/// Of the feature `hickory`, which brings [hickory](https://docs.rs/hickory-resolver) with it. In place of
/// [`System`](crate::resolve::System) it is for those who want the time to live of records heeded, ports and weights by SRV
/// records, or no thread per lookup. It reads `/etc/hosts` and `/etc/resolv.conf` with its search list, anew for each
/// lookup; whatever else the system is set up for (mDNS, NIS, `nsswitch.conf`) it does not know.
///
/// The next lookup is when the first record is too old, after 5 seconds at least and 5 minutes at most; after an error 30
/// seconds later; and when connections fail, but not within 5 seconds of the last one. There is one lookup at a time. Each
/// asks up to twice, for 5 seconds, unless `resolv.conf` says otherwise. hickory reads what servers answer in tasks of its
/// own, which end with the lookup.
///
/// A name that ends in a dot is asked for as it is. Any other is first looked for in the search list, if it has fewer dots
/// than `ndots` of `resolv.conf`: in Kubernetes that is 5, so that the dot saves several questions.
///
/// ```
/// use std::future::poll_fn;
/// use ziggurat::balance::{Resolver, resolve::Dns};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// // RFC 6761: there is never a name in `invalid`, so nobody is asked.
/// let server = "127.0.0.1:53".parse().unwrap();
/// let mut cafe = Dns::new("cafe.invalid.", 50051).servers([server]);
/// let error = poll_fn(|cx| cafe.poll_resolution(cx)).await.unwrap().unwrap_err();
/// assert_eq!(error.to_string(), r#"the name "cafe.invalid." does not exist"#);
/// # }
/// ```
#[derive(Debug)]
pub struct Dns {
    source: Source,
    /// Asked in place of those of `conf`, if there are any.
    servers: Vec<SocketAddr>,
    /// Where servers, search list and options are read, at each lookup.
    conf: Conf,
    lookups: Repeated<Asking>,
}

/// A lookup that goes on.
type Asking = Pin<Box<dyn Future<Output = Result<Resolution, DnsError>> + Send>>;

/// Where the endpoints come from.
#[derive(Debug)]
enum Source {
    /// There is nothing to look up.
    Literal(String, Fixed),
    /// DNS is asked again and again.
    Name(Question),
}

impl Dns {
    /// Tells the addresses of this host, with this port: A and AAAA records, each an endpoint of its own (G-11).
    ///
    /// They are in the order of RFC 6724, as far as the routes of this machine tell it. An IP address is told once and never
    /// looked up; an IPv6 address may be in brackets.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        let host = host.into();
        Self::of(match literal(&host) {
            Some(ip) => Source::Literal(host, Fixed::one(SocketAddr::new(ip, port))),
            None => Source::Name(Question::Host { host, port }),
        })
    }

    /// Tells the servers of a service by its SRV records: `_grpc._tcp.cafe.example`.
    ///
    /// Each record is an endpoint with the record's port, its weight, and all addresses of its target. Of several
    /// priorities only the first is told that has a server with an address: what has less is for when there are none of it,
    /// not for a share of the calls.
    pub fn service(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::of(Source::Name(Question::Service { name }))
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            servers: Vec::new(),
            conf: Conf::default(),
            lookups: Repeated::new(),
        }
    }

    /// Asks these servers in place of the system's: over UDP, and over TCP where an answer is too long for that.
    ///
    /// Search list and options stay the system's, if it has any; it is no error if it has none. Without a server the
    /// system's are asked.
    pub fn servers(self, servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        let servers = servers.into_iter().collect();
        Self { servers, ..self }
    }

    /// Looks the name up again this long after an error.
    ///
    /// The default is 30 seconds, bounded as in [`Polled`](crate::resolve::Polled::refresh_interval). With `None` time does
    /// not count, nor does what records say: the name is looked up on request only, when connections fail or the channel was
    /// idle.
    pub fn refresh_interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.lookups.set_interval(interval.into());
        self
    }

    /// Reads another file, in a test.
    #[cfg(test)]
    pub(super) fn conf(self, conf: Conf) -> Self {
        Self { conf, ..self }
    }
}

impl Resolver for Dns {
    fn name(&self) -> Cow<'_, str> {
        let name = match &self.source {
            Source::Literal(host, _) | Source::Name(Question::Host { host, .. }) => host,
            Source::Name(Question::Service { name }) => name,
        };
        format!("the DNS resolver for {name:?}").into()
    }

    /// It has only addresses.
    fn brings_config(&self) -> bool {
        false
    }

    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>> {
        let question = match &mut self.source {
            Source::Literal(_, address) => return address.poll_resolution(cx),
            Source::Name(question) => question,
        };
        let (servers, conf) = (&self.servers, &self.conf);
        let start = || -> Asking { Box::pin(ask(question.clone(), servers.clone(), conf.clone())) };
        let answer = ready!(self.lookups.poll(cx, start));
        Poll::Ready(Some(match answer {
            Ok(Ok(found)) => {
                self.lookups.wait(found.valid_for);
                Ok(found)
            }
            Ok(Err(error)) => Err(error.into()),
            Err(panicked) => Err(panicked.into()),
        }))
    }

    fn resolve_again(&mut self) {
        self.lookups.resolve_again();
    }
}
