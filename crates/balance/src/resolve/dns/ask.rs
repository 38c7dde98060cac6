//! One lookup: the servers are read, asked, and what they say becomes endpoints.

use std::{collections::BTreeMap, iter, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream};
use hickory_resolver::{
    Resolver, TokioResolver,
    config::{NameServerConfig, ResolverConfig, ResolverOpts},
    net::runtime::TokioRuntimeProvider,
    proto::rr::{IntoName, RData, Record, RecordType, rdata::SRV},
};

use super::{conf::Conf, error::DnsError, order};
use crate::{Endpoint, resolve::Resolution};

/// How many targets of SRV records are looked up beside each other.
const TARGETS_AT_ONCE: usize = 8;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// The addresses of a host, each of which is a server with this port.
    Host { host: String, port: u16 },
    /// The servers of a service.
    Service { name: String },
}

/// Asks these servers, or those of the system if there are none.
///
/// What the system says is read anew, and nothing is kept of earlier answers: who asks again wants to know.
pub(super) async fn ask(
    question: Question,
    servers: Vec<SocketAddr>,
    conf: Conf,
) -> Result<Resolution, DnsError> {
    match question {
        Question::Host { host, port } => {
            let resolver = resolver(&host, &servers, &conf)?;
            Ok(addresses(&resolver, &host, port).await?.servers())
        }
        Question::Service { name } => {
            let resolver = resolver(&name, &servers, &conf)?;
            service(&resolver, &name).await
        }
    }
}

/// A resolver that has asked nobody yet.
///
/// hickory's own would keep what it read and what it was answered, until the program ends: a file that was missing, or a
/// server that moved. Made anew it costs two small files to read, once per lookup.
fn resolver(name: &str, servers: &[SocketAddr], conf: &Conf) -> Result<TokioResolver, DnsError> {
    if let Err(error) = name.into_name() {
        return Err(DnsError::no_name(name, error.into()));
    }
    let (config, options) = match conf.read() {
        Ok((config, options)) if servers.is_empty() => (config, options),
        // Search list and options are the system's also where the servers are not.
        Ok((config, options)) => {
            let (domain, search, _) = config.into_parts();
            (
                ResolverConfig::from_parts(domain, search, named(servers)),
                options,
            )
        }
        Err(error) if servers.is_empty() => return Err(error),
        Err(_) => {
            let config = ResolverConfig::from_name_servers(named(servers));
            (config, ResolverOpts::default())
        }
    };
    Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options)
        .build()
        .map_err(|error| DnsError::failed(name, RecordType::A, error))
}

/// Servers that are asked at these addresses, by UDP, and by TCP where an answer is too long for that.
fn named(servers: &[SocketAddr]) -> Vec<NameServerConfig> {
    let servers = servers.iter().map(|server| {
        let mut config = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut config.connections {
            connection.port = server.port();
        }
        config
    });
    servers.collect()
}

/// The addresses of a host, at least one, and how long they count.
struct Addresses {
    first: SocketAddr,
    others: Vec<SocketAddr>,
    valid_for: Duration,
}

impl Addresses {
    /// Those of these records, if there are any.
    fn of<'a>(records: impl IntoIterator<Item = &'a Record>, port: u16) -> Option<Self> {
        let records: Vec<_> = records.into_iter().collect();
        let ips = records.iter().filter_map(|record| record.data.ip_addr());
        let mut others: Vec<_> = ips.map(|ip| SocketAddr::new(ip, port)).collect();
        if others.is_empty() {
            return None;
        }
        order::sort(&mut others);
        Some(Self {
            first: others.remove(0),
            others,
            valid_for: valid_for(records),
        })
    }

    /// Each is a server.
    fn servers(self) -> Resolution {
        let addresses = iter::once(self.first).chain(self.others);
        Resolution::new(addresses).valid_for(self.valid_for)
    }

    /// All are of one server.
    fn server(self) -> Endpoint {
        let others = self.others.into_iter();
        others.fold(Endpoint::new(self.first), Endpoint::address)
    }
}

async fn addresses(resolver: &TokioResolver, host: &str, port: u16) -> Result<Addresses, DnsError> {
    let found = resolver.lookup_ip(host).await;
    let found = found.map_err(|error| DnsError::failed(host, RecordType::A, error))?;
    Addresses::of(found.as_lookup().answers(), port)
        .ok_or_else(|| DnsError::no_records(host, RecordType::A))
}

/// The servers of a service: those of the most preferred priority of which there is one that has an address (RFC 2782).
async fn service(resolver: &TokioResolver, name: &str) -> Result<Resolution, DnsError> {
    let found = resolver
        .srv_lookup(name)
        .await
        .map_err(|error| DnsError::failed(name, RecordType::SRV, error))?;
    let mut priorities = BTreeMap::<u16, Vec<&SRV>>::new();
    for record in found.answers() {
        if let RData::SRV(server) = &record.data {
            priorities.entry(server.priority).or_default().push(server);
        }
    }
    let valid_for = valid_for(found.answers());
    let mut failed = DnsError::no_records(name, RecordType::SRV);
    for servers in priorities.into_values() {
        if servers.iter().all(|server| server.target.is_root()) {
            failed = DnsError::not_offered(name);
            continue;
        }
        match endpoints(resolver, &servers, found.additionals()).await {
            Ok((endpoints, shortest)) => {
                return Ok(Resolution::new(endpoints).valid_for(valid_for.min(shortest)));
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// An endpoint for each of these records whose target has an address, and how long they count.
async fn endpoints(
    resolver: &TokioResolver,
    servers: &[&SRV],
    beside: &[Record],
) -> Result<(Vec<Endpoint>, Duration), DnsError> {
    let mut lookups = Vec::new();
    for server in servers.iter().filter(|server| !server.target.is_root()) {
        lookups.push(target(resolver, server, beside));
    }
    let found = stream::iter(lookups).buffered(TARGETS_AT_ONCE);
    let found: Vec<_> = found.collect().await;
    let mut endpoints = Vec::new();
    let mut shortest = Duration::MAX;
    let mut failed = None;
    for found in found {
        match found {
            Ok((endpoint, valid_for)) => {
                endpoints.push(endpoint);
                shortest = shortest.min(valid_for);
            }
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if endpoints.is_empty() => Err(error),
        _ => Ok((endpoints, shortest)),
    }
}

/// The server of one record, with all addresses that it has, and how long they count.
///
/// They mostly came with the record. If not, they are asked for, by the name as it is: targets are no short names.
async fn target(
    resolver: &TokioResolver,
    server: &SRV,
    beside: &[Record],
) -> Result<(Endpoint, Duration), DnsError> {
    let told = beside.iter().filter(|record| record.name == server.target);
    let found = match Addresses::of(told, server.port) {
        Some(found) => found,
        None => addresses(resolver, &server.target.to_utf8(), server.port).await?,
    };
    let valid_for = found.valid_for;
    Ok((found.server().weight(server.weight.into()), valid_for))
}

/// The shortest time to live of these records, aliases among them.
fn valid_for<'a>(records: impl IntoIterator<Item = &'a Record>) -> Duration {
    let shortest = records.into_iter().map(|record| record.ttl).min();
    Duration::from_secs(shortest.unwrap_or(0).into())
}
