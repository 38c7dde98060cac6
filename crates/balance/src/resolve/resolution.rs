use std::time::Duration;

use http::Extensions;
use ziggurat_config::ResolvedConfig;

use crate::Endpoint;

/// What a resolver found.
///
/// A list of whatever can become an [`Endpoint`] becomes one too:
///
/// ```
/// use std::{net::SocketAddr, time::Duration};
/// use ziggurat::balance::resolve::Resolution;
///
/// let addresses: Vec<SocketAddr> = vec!["10.0.0.1:443".parse()?, "10.0.0.2:443".parse()?];
/// let resolution = Resolution::from(addresses).valid_for(Duration::from_secs(20));
/// assert_eq!(resolution.endpoints.len(), 2);
/// # Ok::<_, std::net::AddrParseError>(())
/// ```
///
/// Beside the endpoints there may be a service config, which then rules the channel: what its owner says of timeouts,
/// retries, limits and balancing.
///
/// ```
/// use std::net::SocketAddr;
/// use ziggurat::{balance::resolve::Resolution, service_config::ServiceConfig};
///
/// let address = SocketAddr::from(([10, 0, 0, 1], 443));
/// let config = ServiceConfig::from_json(r#"{ "loadBalancingConfig": [{ "round_robin": {} }] }"#);
/// // One that cannot be read is brought too: the channel knows what counts then.
/// let resolution = Resolution::new([address]).service_config(config);
/// # drop(resolution);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Resolution {
    /// All of them, in the order of preference. None at all counts as an error (G-14).
    pub endpoints: Vec<Endpoint>,
    /// How long whoever was asked wants it to be taken for true: the time to live of DNS records. A resolver that asks by
    /// time heeds it; a channel does not, it keeps the endpoints until it hears of others.
    pub valid_for: Option<Duration>,
    /// How the channel is to call them, if the resolver knows. Which config then counts,
    /// [`ResolvedConfig::in_effect`] says; the endpoints count whatever it is (F-6).
    ///
    /// A resolver that [brings none](super::Resolver::brings_config) leaves this at its default.
    pub service_config: ResolvedConfig,
    /// What may explain a list without endpoints: `all servers are in maintenance`. It goes into the error that calls
    /// then fail with.
    pub note: Option<String>,
    /// What a policy of yours wants to know of all of them, by its type.
    pub(crate) attributes: Extensions,
}

impl Resolution {
    /// These endpoints, and nothing beside them.
    pub fn new<E: Into<Endpoint>>(endpoints: impl IntoIterator<Item = E>) -> Self {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The same, true for this long.
    pub fn valid_for(self, time: Duration) -> Self {
        Self {
            valid_for: Some(time),
            ..self
        }
    }

    /// The same, to be called by this config; or to be told that there is one which cannot be used, and why.
    pub fn service_config(self, config: impl Into<ResolvedConfig>) -> Self {
        Self {
            service_config: config.into(),
            ..self
        }
    }

    /// The same, with words that explain it, should there be no endpoints.
    pub fn note(self, note: impl Into<String>) -> Self {
        Self {
            note: Some(note.into()),
            ..self
        }
    }

    /// Adds what a policy of yours wants to know of the whole list, by its type;
    /// [`Turn::attribute`](crate::policy::Turn::attribute) has it. What it wants to know of one server is that
    /// [endpoint](Endpoint::attribute)'s.
    pub fn attribute<T: Clone + Send + Sync + 'static>(mut self, attribute: T) -> Self {
        self.attributes.insert(attribute);
        self
    }
}

impl<E: Into<Endpoint>> From<Vec<E>> for Resolution {
    fn from(endpoints: Vec<E>) -> Self {
        Self::new(endpoints)
    }
}
