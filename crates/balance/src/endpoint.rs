//! What a resolver tells of a server: its addresses, and what is known of it beside them.
//!
//! ```
//! use std::net::SocketAddr;
//! use ziggurat::balance::{Address, Endpoint};
//!
//! let endpoint = Endpoint::new(SocketAddr::from(([10, 0, 0, 1], 50051)))
//!     .address(SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, 1], 50051)))
//!     .weight(3);
//! assert_eq!(endpoint.addresses().len(), 2);
//! assert_eq!(endpoint.addresses()[0].to_string(), "10.0.0.1:50051");
//!
//! // Of text it is made where it comes from the configuration of a program.
//! let endpoint: Endpoint = "10.0.0.1:50051".parse()?;
//! assert_eq!(endpoint.addresses().len(), 1);
//! # Ok::<_, ziggurat::balance::InvalidAddress>(())
//! ```

mod invalid;
mod parse;

pub use invalid::InvalidAddress;

use std::{fmt, net::SocketAddr, num::NonZeroU32, path::PathBuf};

use http::Extensions;
use ziggurat_connect::{InvalidTarget, Target, target::Place};

/// One server, however many addresses it has.
///
/// Two endpoints are the same server if they have the same addresses, in whatever order (G-40). One that is in a later list
/// of a resolver too keeps its connections.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Not empty.
    addresses: Vec<Address>,
    weight: NonZeroU32,
    attributes: Extensions,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port.
    Socket(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
    /// The channel's own target, whatever that is: a name that the connector resolves, or a proxy.
    Target,
}

impl Endpoint {
    /// A server with this address.
    pub fn new(address: impl Into<Address>) -> Self {
        Self {
            addresses: vec![address.into()],
            weight: NonZeroU32::MIN,
            attributes: Extensions::new(),
        }
    }

    /// It has this address too; connecting tries them in turn, as if they were those of a name.
    ///
    /// The path of a unix socket has no others beside it: if it is the first it is the only one, else it is left out.
    pub fn address(mut self, address: impl Into<Address>) -> Self {
        let address = address.into();
        if !self.addresses.contains(&address) {
            self.addresses.push(address);
        }
        self
    }

    /// Its weight among the others, for the policies that heed it; the default is 1, and 0 counts as 1.
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = NonZeroU32::new(weight).unwrap_or(NonZeroU32::MIN);
        self
    }

    /// Adds what a policy of yours wants to know of it, by its type.
    pub fn attribute<T: Clone + Send + Sync + 'static>(mut self, attribute: T) -> Self {
        self.attributes.insert(attribute);
        self
    }

    /// Its addresses, at least one.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// See [`weight`](Self::weight).
    pub fn weight_or_one(&self) -> u32 {
        self.weight.get()
    }

    /// This server with one of its addresses alone.
    pub(crate) fn only(&self, address: Address) -> Self {
        Self {
            addresses: vec![address],
            weight: self.weight,
            attributes: self.attributes.clone(),
        }
    }

    /// Where it is, as a place of this target: its sockets, or if the first is a path that one.
    pub(crate) fn of(&self, target: &Target) -> Result<Target, InvalidTarget> {
        let sockets = self.addresses.iter().map_while(|address| match address {
            Address::Socket(address) => Some(*address),
            Address::Unix(_) | Address::Target => None,
        });
        let sockets: Vec<_> = sockets.collect();
        match (&self.addresses[0], &sockets[..]) {
            (Address::Target, _) => Ok(target.clone()),
            (Address::Unix(path), _) => target.at(Place::Unix(path)),
            (&Address::Socket(address), [] | [_]) => Ok(target.at_address(address)),
            (&Address::Socket(address), several) => {
                let several = target.at_addresses(several);
                Ok(several.unwrap_or_else(|| target.at_address(address)))
            }
        }
    }

    /// What was added of this type.
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.attributes.get()
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Socket(address)
    }
}

impl From<PathBuf> for Address {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

impl<A: Into<Address>> From<A> for Endpoint {
    fn from(address: A) -> Self {
        Self::new(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Target => f.write_str("the target"),
        }
    }
}
