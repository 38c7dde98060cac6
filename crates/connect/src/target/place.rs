//! A target, and the place it leads to. What is shown of it is the text that it was made from.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use http::uri::{Authority, PathAndQuery, Scheme};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use super::{
    InvalidTarget, Problem, names,
    parse::{self, Https},
    parts::{Form, Ground, LOCALHOST, Parts},
};
use crate::steps::Steps;

/// What would not read back in the text of a unix target.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// A server's address: `http://host[:port][/prefix]`, `https://host[:port][/prefix]`, `dns:///host[:port]`,
/// `ipv4:address[:port],…`, `ipv6:[address]:port,…`, `unix:path` or `unix-abstract:name`.
///
/// The host is a name, an IPv4 address or an IPv6 address in brackets; the port is 80, or 443 with TLS, unless the
/// target has one. A prefix stands before the path of each call, as gateways have it. The path of a unix socket may be
/// relative; `unix:///path` is an absolute one too. In a path or an abstract name `%` begins an escape, such as `%3F` for a
/// question mark.
///
/// `dns:`, `ipv4:` and `ipv6:` are gRPC's names. They say nothing of TLS, and mean it, as `https://` does, until they are
/// taken in [`plaintext`](Self::plaintext). Several addresses are those of one server to a channel that has one, which tries
/// them in turn; balanced, each is a server. All are called by the first, unless there is another
/// [authority](Self::with_authority).
///
/// Cloning is one reference count. Two targets are equal if their text, scheme, authority and prefix are; the case of the
/// host does not count, and neither does a slash at the end of a prefix.
///
/// ```
/// use ziggurat::channel::{Place, Target};
///
/// let target: Target = "http://Cafe.example.com".parse()?;
/// assert_eq!(target.authority(), "cafe.example.com");
/// assert_eq!(target.place(), Place::Tcp { host: "Cafe.example.com", port: 80 });
/// assert_eq!(target.to_string(), "http://Cafe.example.com");
/// # Ok::<_, ziggurat::InvalidTarget>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target(Arc<Parts>, Steps);

/// What a [`Target`] connects to.
///
/// ```
/// use ziggurat::channel::{Place, Target};
///
/// let target = Target::parse("http://[::1]:50051")?;
/// let Place::Tcp { host, port } = target.place() else { panic!() };
/// assert_eq!((host, port), ("::1", 50051));
/// # Ok::<_, ziggurat::InvalidTarget>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place<'a> {
    /// A port of a host.
    Tcp {
        /// A name or an address; an IPv6 address is without its brackets.
        host: &'a str,
        /// The target's own, or the scheme's.
        port: u16,
    },
    /// The path of a unix socket.
    Unix(&'a Path),
    /// The name of a unix socket that has no file, without the NUL in front.
    UnixAbstract(&'a str),
}

impl Target {
    /// Parses a target; refuses what this crate cannot connect to.
    ///
    /// `https://` is refused, not spoken in plaintext, where the feature `tls` is off.
    ///
    /// # Errors
    ///
    /// There is no scheme or another one; a query, a fragment or a user name; no host, or one that no URI may
    /// contain; a port that is no number from 1 to 65535; a path with an empty segment, with `.` or `..`, or with what must
    /// be an escape; a DNS server or a path beside the host of `dns:`; an address that is none; a host before the path of a unix socket, or such a path that is empty, longer than the system allows,
    /// or contains NUL.
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        let parts =
            parse::parse(text, Https::HERE).map_err(|problem| InvalidTarget::new(text, problem))?;
        Ok(Self(Arc::new(parts), Steps::default()))
    }

    /// The unix socket of this path, whatever characters it has.
    ///
    /// ```
    /// use ziggurat::channel::Target;
    ///
    /// # #[cfg(unix)] {
    /// assert_eq!(Target::unix("/run/cafe?.sock")?, Target::parse("unix:/run/cafe%3F.sock")?);
    /// # }
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The path is empty, longer than the system allows, or contains NUL.
    pub fn unix(path: impl Into<PathBuf>) -> Result<Self, InvalidTarget> {
        let path = path.into();
        match parse::unix(path.clone()) {
            Ok(ground) => Ok(Self(Arc::new(Parts::unix(ground)), Steps::default())),
            Err(problem) => Err(InvalidTarget::new(&path_text(&path), problem)),
        }
    }

    /// The scheme of its requests: `https` if the target says so, otherwise `http`.
    pub fn scheme(&self) -> &Scheme {
        &self.0.scheme
    }

    /// Whether the target itself asks for TLS.
    pub fn is_secure(&self) -> bool {
        self.0.scheme == Scheme::HTTPS
    }

    /// The same, in plaintext: for gRPC's names, which do not say it themselves.
    ///
    /// The port stays as it is, also where it was not written. What is plaintext by its scheme stays so.
    ///
    /// ```
    /// use ziggurat::channel::{Place, Target};
    ///
    /// let target = Target::parse("ipv4:10.0.0.1:50051,10.0.0.2:50051")?.plaintext()?;
    /// assert!(!target.is_secure());
    /// assert_eq!(target.addresses().len(), 2);
    ///
    /// let error = Target::parse("https://cafe")?.plaintext().unwrap_err();
    /// assert_eq!(error.to_string(), r#"the target "https://cafe" says TLS: write http:// for plaintext"#);
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It says `https://`.
    pub fn plaintext(self) -> Result<Self, InvalidTarget> {
        if self.is_secure() && self.0.form == Form::Url {
            return Err(InvalidTarget::new(&self.to_string(), Problem::Secure));
        }
        let parts = Parts {
            scheme: Scheme::HTTP,
            ..(*self.0).clone()
        };
        Ok(Self(Arc::new(parts), self.1))
    }

    /// The same place, with a server that is called by another name (I-30).
    ///
    /// ```
    /// use http::uri::Authority;
    /// use ziggurat::channel::Target;
    ///
    /// let target = Target::parse("http://10.0.0.1:50051")?;
    /// let target = target.with_authority(Authority::from_static("cafe.example"));
    /// assert_eq!((target.host(), target.port()), ("cafe.example", Some(50051)));
    /// assert_eq!(target.to_string(), "http://10.0.0.1:50051");
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn with_authority(self, authority: Authority) -> Self {
        let parts = Parts {
            authority,
            ..(*self.0).clone()
        };
        Self(Arc::new(parts), self.1)
    }

    /// The same, but for where it connects to.
    pub(super) fn on(&self, ground: Ground) -> Self {
        self.on_any(ground, Arc::new([]))
    }

    /// The same, with what is known of where the host is.
    pub(super) fn on_any(&self, ground: Ground, addresses: Arc<[SocketAddr]>) -> Self {
        let parts = Parts {
            scheme: self.0.scheme.clone(),
            authority: self.0.authority.clone(),
            prefix: self.0.prefix.clone(),
            ground,
            addresses,
            form: Form::Url,
        };
        Self(Arc::new(parts), self.1.clone())
    }

    /// The same, for an attempt whose steps somebody wants to know.
    pub(crate) fn with_steps(&self, steps: Steps) -> Self {
        Self(self.0.clone(), steps)
    }

    /// Where an attempt to connect says how far it has come.
    pub(crate) fn steps(&self) -> &Steps {
        &self.1
    }

    /// Whether the server is called by another name than the target's own.
    pub(crate) fn is_renamed(&self) -> bool {
        match &self.0.ground {
            Ground::Tcp { address, .. } => self.0.authority != *address,
            Ground::Unix(_) | Ground::UnixAbstract(_) => self.0.authority != LOCALHOST,
        }
    }

    /// What the server is called: host and port as the target has them, `localhost` for a unix socket (G-7, I-33).
    ///
    /// An IPv6 address is in brackets, a default port stays out (I-34).
    pub fn authority(&self) -> &Authority {
        &self.0.authority
    }

    /// What stands before the path of each call: the target's path, as it is written, without a slash at its end.
    ///
    /// The text of a unix socket has none, for all of it is the path of the socket.
    ///
    /// ```
    /// use ziggurat::channel::Target;
    ///
    /// let target = Target::parse("http://gateway.example/cafe/v1/")?;
    /// assert_eq!(target.prefix().unwrap(), "/cafe/v1");
    /// assert_eq!(target.to_string(), "http://gateway.example/cafe/v1");
    /// assert_eq!(Target::parse("http://gateway.example/")?.prefix(), None);
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn prefix(&self) -> Option<&PathAndQuery> {
        self.0.prefix.as_ref()
    }

    /// The server's name without its port: the one that TLS verifies. An IPv6 address is without its brackets.
    pub fn host(&self) -> &str {
        host(&self.0.authority)
    }

    /// The port to connect to: the target's own, or the scheme's. A unix socket has none.
    pub fn port(&self) -> Option<u16> {
        match self.0.ground {
            Ground::Tcp { port, .. } => Some(port),
            Ground::Unix(_) | Ground::UnixAbstract(_) => None,
        }
    }

    /// The addresses that it has itself, each tried in turn; none if its host is to be resolved.
    ///
    /// A connector of yours that resolves names has nothing to resolve where there are some; the place is the first.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.0.addresses
    }

    /// What it connects to.
    pub fn place(&self) -> Place<'_> {
        match &self.0.ground {
            Ground::Tcp { address, port } => Place::Tcp {
                host: host(address),
                port: *port,
            },
            Ground::Unix(path) => Place::Unix(path),
            Ground::UnixAbstract(name) => Place::UnixAbstract(name),
        }
    }
}

/// The host of an authority, an IPv6 address without its brackets.
fn host(authority: &Authority) -> &str {
    let host = authority.host();
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// A socket's path as the text of a target; bytes that are no UTF-8 become escapes.
pub(super) fn path_text(path: &Path) -> String {
    escaped("unix", path.as_os_str().as_encoded_bytes())
}

/// Scheme and name of a socket, so that they read back.
pub(super) fn escaped(scheme: &str, name: &[u8]) -> String {
    let name = percent_encode(name, ESCAPED);
    // Two slashes would begin a host.
    let host = if name.to_string().starts_with("//") {
        "//"
    } else {
        ""
    };
    format!("{scheme}:{host}{name}")
}

/// An address as a text of a target has it, in which `%` begins an escape.
fn escaped_zone(address: &str) -> String {
    address.replace('%', "%25")
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        Self::parse(text)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.ground {
            Ground::Tcp { address, .. } if self.0.form == Form::Dns => {
                write!(f, "dns:///{address}")
            }
            Ground::Tcp { address, .. } if self.0.form == Form::Addresses => {
                let scheme = if address.as_str().starts_with('[') {
                    "ipv6"
                } else {
                    "ipv4"
                };
                write!(f, "{scheme}:{}", escaped_zone(address.as_str()))?;
                let others = self.0.addresses.iter().skip(1);
                others
                    .copied()
                    .map(names::shown)
                    .try_for_each(|other| write!(f, ",{}", escaped_zone(&other)))
            }
            Ground::Tcp { address, .. } => {
                let prefix = self.prefix().map_or("", PathAndQuery::as_str);
                write!(f, "{}://{address}{prefix}", self.scheme())
            }
            Ground::Unix(path) => f.write_str(&path_text(path)),
            Ground::UnixAbstract(name) => f.write_str(&escaped("unix-abstract", name.as_bytes())),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_renamed() {
            return write!(f, "Target({self} as {})", self.authority());
        }
        write!(f, "Target({self})")
    }
}
