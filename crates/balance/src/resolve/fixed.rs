use std::{
    borrow::Cow,
    error::Error,
    fmt,
    task::{Context, Poll},
};

use ziggurat_transport::BoxError;

use super::{Resolution, Resolver};
use crate::{Endpoint, InvalidAddress};

/// Tells a list that never changes, once.
///
/// Each entry is a server of its own, and they are in the order in which they are given. After the list it has ended, so a
/// channel that cannot reach any of them goes on trying these same addresses.
///
/// ```
/// use std::{future::poll_fn, net::SocketAddr};
/// use ziggurat::balance::{Endpoint, Resolver, resolve::Fixed};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let mut servers = Fixed::new(["10.0.0.1:443", "[::1]:443", "unix:/run/cafe.sock"])?;
/// let resolution = poll_fn(|cx| servers.poll_resolution(cx)).await.unwrap()?;
/// assert_eq!(resolution.endpoints.len(), 3);
///
/// // Of addresses that are there already, or of endpoints with more than one of them, or with weights.
/// let address = SocketAddr::from(([10, 0, 0, 1], 443));
/// Fixed::new([address])?;
/// Fixed::new([Endpoint::new(address).weight(3)])?;
///
/// let error = Fixed::new(["10.0.0.1:443", "cafe:443"]).unwrap_err();
/// assert!(error.to_string().starts_with(r#"endpoint 2 of the list: "cafe:443" is no address: "#));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Fixed(Option<Resolution>);

/// Why a list is none that a [`Fixed`] resolver can tell.
#[non_exhaustive]
pub enum InvalidEndpoints {
    /// There is nothing in it.
    Empty,
    /// One of the entries is no endpoint.
    Endpoint {
        /// Its place in the list; the first is 0.
        place: usize,
        /// What is wrong with it.
        error: InvalidAddress,
    },
}

impl Fixed {
    /// Tells these endpoints, in this order.
    ///
    /// Text is read as an [`Address`](crate::Address) is: names are not, for a list of names would be resolved once and
    /// never again.
    ///
    /// # Errors
    ///
    /// The list is empty, or one of its entries is no endpoint; the error says which.
    pub fn new<E>(endpoints: impl IntoIterator<Item = E>) -> Result<Self, InvalidEndpoints>
    where
        E: TryInto<Endpoint, Error: Into<InvalidAddress>>,
    {
        let endpoints = endpoints.into_iter().enumerate().map(|(place, endpoint)| {
            endpoint.try_into().map_err(|error| {
                let error = error.into();
                InvalidEndpoints::Endpoint { place, error }
            })
        });
        let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
        if endpoints.is_empty() {
            return Err(InvalidEndpoints::Empty);
        }
        Ok(Self(Some(Resolution::new(endpoints))))
    }

    /// Tells this one.
    pub fn one(endpoint: impl Into<Endpoint>) -> Self {
        Self(Some(Resolution::new([endpoint])))
    }
}

impl Resolver for Fixed {
    fn name(&self) -> Cow<'_, str> {
        "a fixed list".into()
    }

    /// It has only addresses.
    fn brings_config(&self) -> bool {
        false
    }

    fn poll_resolution(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

impl fmt::Display for InvalidEndpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the list of endpoints is empty: it needs one at least"),
            Self::Endpoint { place, error } => {
                write!(f, "endpoint {} of the list: {error}", place + 1)
            }
        }
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for InvalidEndpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidEndpoints {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Empty => None,
            // What the entry's error says itself, the sentence has told.
            Self::Endpoint { error, .. } => error.source(),
        }
    }
}
