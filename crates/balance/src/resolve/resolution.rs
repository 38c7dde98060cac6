use std::time::Duration;

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
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Resolution {
    /// All of them, in the order of preference. None at all counts as an error (G-14).
    pub endpoints: Vec<Endpoint>,
    /// How long whoever was asked wants it to be taken for true: the time to live of DNS records. A resolver that asks by
    /// time heeds it; a channel does not, it keeps the endpoints until it hears of others.
    pub valid_for: Option<Duration>,
}

impl Resolution {
    /// These endpoints, and nothing beside them.
    pub fn new<E: Into<Endpoint>>(endpoints: impl IntoIterator<Item = E>) -> Self {
        let endpoints = endpoints.into_iter().map(Into::into).collect();
        Self {
            endpoints,
            valid_for: None,
        }
    }

    /// The same, true for this long.
    pub fn valid_for(self, time: Duration) -> Self {
        Self {
            valid_for: Some(time),
            ..self
        }
    }
}

impl<E: Into<Endpoint>> From<Vec<E>> for Resolution {
    fn from(endpoints: Vec<E>) -> Self {
        Self::new(endpoints)
    }
}
