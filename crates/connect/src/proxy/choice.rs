//! Which proxy is on the way to a target, if any: as it was set, or as the environment has it.
//!
//! The environment is read when the choice is made and never again. What is wrong with it is told by the first attempt to
//! connect, since a channel must be buildable in any environment.

use std::{env, fmt, sync::Arc};

use tokio::net::TcpStream;
use tower_service::Service;

use super::{InvalidProxy, except::Except, server::Server, tunnel};
use crate::{BoxError, Target, Tcp, TcpOptions, target::Place};

/// Where the environment names a proxy: the first that is set counts (G-75).
const PROXIES: [&str; 3] = ["grpc_proxy", "https_proxy", "http_proxy"];

/// Where it names what is reached without one: the first that is set counts (G-75).
const EXCEPTIONS: [&str; 2] = ["no_grpc_proxy", "no_proxy"];

/// Which HTTP proxy a channel goes through: none, one, or the one that the environment names.
///
/// The default is [`from_env`](Self::from_env). Cloning is one reference count. Neither `Debug` nor an error shows a user
/// name or a password.
///
/// ```
/// use ziggurat::channel::Proxy;
///
/// let proxy = Proxy::http("http://ada:secret@proxy.example:3128")?;
/// assert_eq!(format!("{proxy:?}"), "Proxy(http://proxy.example:3128 with credentials)");
/// # Ok::<_, ziggurat::channel::InvalidProxy>(())
/// ```
#[derive(Clone)]
pub struct Proxy(Option<Arc<Through>>);

/// A proxy, and which targets it is not for.
struct Through {
    /// What the environment says may be wrong; that is an error of the first attempt to connect.
    server: Result<Server, InvalidProxy>,
    /// What is reached directly all the same.
    except: Except,
}

impl Proxy {
    /// Connects to every target directly, whatever the environment says.
    pub fn none() -> Self {
        Self(None)
    }

    /// Goes through this proxy, `http://[user:password@]host[:port]`; the port is by default 443 (G-75).
    ///
    /// The environment counts for nothing then, neither its proxy nor its exceptions. User and password are sent as
    /// `Proxy-Authorization: Basic`; in them a reserved character is written as an escape, such as `%40` for `@`. The
    /// connection to the proxy itself is plaintext.
    ///
    /// # Errors
    ///
    /// The scheme is another one, or what follows it is no host and port.
    pub fn http(url: &str) -> Result<Self, InvalidProxy> {
        let server = Server::parse(url).map_err(InvalidProxy::option)?;
        Ok(Self::through(Ok(server), Except::default()))
    }

    /// Reaches these hosts directly: a list as in `no_proxy`, separated by commas.
    ///
    /// | entry | excludes |
    /// |---|---|
    /// | `cafe.example` | this host, but none below it |
    /// | `.cafe.example` | this host and all below it |
    /// | `10.1.2.3`, `::1` | targets that name this address |
    /// | `10.0.0.0/8`, `fd00::/8` | targets that name an address of this network |
    /// | `*` | all |
    ///
    /// Case does not count. The port does not count either. An entry of another form excludes nothing.
    ///
    /// ```
    /// use ziggurat::channel::{Proxy, Target};
    ///
    /// let proxy = Proxy::http("http://proxy.example:3128")?.except(".internal, 10.0.0.0/8");
    /// assert!(proxy.applies_to(&Target::parse("http://cafe.example")?));
    /// assert!(!proxy.applies_to(&Target::parse("http://cafe.internal")?));
    /// assert!(!proxy.applies_to(&Target::parse("http://10.1.2.3")?));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn except(self, hosts: &str) -> Self {
        let Some(through) = self.0 else {
            return Self(None);
        };
        Self::through(through.server.clone(), Except::parse(hosts))
    }

    /// Does as the environment says at this moment: the default of a channel.
    ///
    /// The proxy is the first of `grpc_proxy`, `https_proxy` and `http_proxy` that is set; an empty one means none. What
    /// is reached directly is the first of `no_grpc_proxy` and `no_proxy` that is set, as [`except`](Self::except) takes
    /// it. The names are in lower case. There are no further exceptions: where a proxy is set, `localhost` is reached
    /// through it too, unless the list has it. A variable that names no proxy fails the attempts to connect.
    pub fn from_env() -> Self {
        Self::from_vars(|name| Some(env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// Does as these variables say, in place of the environment.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use ziggurat::channel::{Proxy, Target};
    ///
    /// let vars = HashMap::from([("http_proxy", "http://proxy.example:3128"), ("no_proxy", "localhost")]);
    /// let proxy = Proxy::from_vars(|name| vars.get(name).map(|value| value.to_string()));
    /// assert!(!proxy.applies_to(&Target::parse("http://localhost:50051")?));
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&'static str]| {
            let set = |name: &&'static str| Some((*name, var(name)?));
            names.iter().find_map(set)
        };
        let Some((name, url)) = first(&PROXIES).filter(|(_, url)| !url.is_empty()) else {
            return Self(None);
        };
        let server = Server::parse(&url);
        let server = server.map_err(|problem| InvalidProxy::variable(name, problem));
        let except = first(&EXCEPTIONS).map(|(_, hosts)| Except::parse(&hosts));
        Self::through(server, except.unwrap_or_default())
    }

    /// Whether a target is reached through a proxy.
    pub fn applies_to(&self, target: &Target) -> bool {
        self.server_for(target).is_some()
    }

    /// Opens a stream to a target, directly or through a proxy.
    pub(crate) async fn open(
        &self,
        target: Target,
        tcp: TcpOptions,
    ) -> Result<TcpStream, BoxError> {
        Ok(match self.server_for(&target) {
            None => Tcp::new(tcp).call(target).await?,
            Some(Ok(server)) => tunnel::open(server, &target, tcp).await?,
            Some(Err(error)) => return Err(error.clone().into()),
        })
    }

    /// The proxy on the way to a target, as it is shown, if there is one.
    pub(crate) fn address_for(&self, target: &Target) -> Option<Box<str>> {
        let server = self.server_for(target)?;
        let server = server.as_ref().ok()?;
        Some(server.to_string().into())
    }

    /// The proxy for a target, or why there is none where there should be; `None` if it is reached directly.
    ///
    /// Unix sockets always are: no proxy could reach them.
    fn server_for(&self, target: &Target) -> Option<&Result<Server, InvalidProxy>> {
        let Place::Tcp { host, .. } = target.place() else {
            return None;
        };
        let through = self.0.as_ref()?;
        (!through.except.includes(host)).then_some(&through.server)
    }

    /// Goes through this proxy, but for these hosts.
    fn through(server: Result<Server, InvalidProxy>, except: Except) -> Self {
        Self(Some(Arc::new(Through { server, except })))
    }
}

impl Default for Proxy {
    fn default() -> Self {
        Self::from_env()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(through) = &self.0 else {
            return f.write_str("Proxy(none)");
        };
        let Through { server, except } = &**through;
        match server {
            Ok(server) => write!(f, "Proxy({server:?}{except})"),
            Err(error) => write!(f, "Proxy({error})"),
        }
    }
}
