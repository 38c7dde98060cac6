//! The same server at another place: what each server of several behind one name is to those who connect to it.

use std::net::{Ipv6Addr, SocketAddr};

use http::uri::Scheme;

use super::{
    InvalidTarget, Problem, parse,
    parts::Ground,
    place::{Place, Target, escaped, path_text},
};

#[cfg(test)]
mod tests;

impl Target {
    /// The same server at another place: scheme, authority (the name that TLS verifies) and prefix are kept (A-11, I-32).
    ///
    /// So each server of several behind one name has a target of its own, and connectors, TLS, requests and errors need
    /// to know of nothing else. What is shown is the place. One that is a text is parsed as a target first, whose
    /// [`place`](Self::place) it then is.
    ///
    /// ```
    /// use ziggurat::channel::{Place, Target};
    ///
    /// let target = Target::parse("https://cafe.example/v1")?;
    /// let first = target.at(Place::Tcp { host: "cafe-1.internal", port: 8443 })?;
    /// assert_eq!(first.to_string(), "https://cafe-1.internal:8443/v1");
    /// assert_eq!(first.authority(), "cafe.example");
    ///
    /// # #[cfg(unix)] {
    /// let local = target.at(Target::parse("unix:/run/cafe.sock")?.place())?;
    /// assert!(local.is_secure());
    /// # }
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no host, or one that no URI may contain; the port is 0; no unix socket can have the path or the name.
    pub fn at(&self, place: Place<'_>) -> Result<Self, InvalidTarget> {
        match ground(place) {
            Ok(ground) => Ok(self.on(ground)),
            Err(problem) => {
                let text = place_text(self.scheme(), place);
                Err(InvalidTarget::new(&text, problem))
            }
        }
    }

    /// The same server at an address, as resolvers give them: [`at`](Self::at) for what cannot be wrong.
    ///
    /// An IPv6 address keeps its zone, which it is shown with.
    ///
    /// ```
    /// use ziggurat::channel::{Place, Target};
    ///
    /// let target = Target::parse("http://cafe.example:50051")?.at_address("10.0.0.1:50051".parse()?);
    /// assert_eq!(target.place(), Place::Tcp { host: "10.0.0.1", port: 50051 });
    /// assert_eq!(target.to_string(), "http://10.0.0.1:50051");
    /// assert_eq!(target.authority(), "cafe.example:50051");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn at_address(&self, address: SocketAddr) -> Self {
        self.on(of_address(address))
    }

    /// The same server, which has several addresses: connecting tries them in turn, as those of a name (G-31).
    ///
    /// What is shown is the first, and so is what a proxy is asked for. `None` if there are none.
    ///
    /// ```
    /// use ziggurat::channel::{Place, Target};
    ///
    /// let addresses = ["10.0.0.1:50051".parse()?, "[fd00::1]:50051".parse()?];
    /// let target = Target::parse("http://cafe.example")?.at_addresses(&addresses).unwrap();
    /// assert_eq!(target.place(), Place::Tcp { host: "10.0.0.1", port: 50051 });
    /// assert_eq!(target.addresses(), addresses);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn at_addresses(&self, addresses: &[SocketAddr]) -> Option<Self> {
        let first = of_address(*addresses.first()?);
        Some(self.on_any(first, addresses.into()))
    }
}

/// Checks a place that was not read from a text.
fn ground(place: Place<'_>) -> Result<Ground, Problem> {
    match place {
        Place::Tcp { host, port } => port_of(host, port),
        Place::Unix(path) => parse::unix(path.to_owned()),
        Place::UnixAbstract(name) => parse::unix_abstract(name.to_owned()),
    }
}

fn port_of(host: &str, port: u16) -> Result<Ground, Problem> {
    if host.is_empty() {
        return Err(Problem::NoHost);
    }
    if port == 0 {
        return Err(Problem::Port(None));
    }
    if host.contains('@') {
        return Err(Problem::UserName);
    }
    if host.contains(':') {
        let (address, _zone) = host.split_once('%').unwrap_or((host, ""));
        address.parse::<Ipv6Addr>().map_err(Problem::Address)?;
    }
    let address = with_port(host, port).parse();
    let address = address.map_err(|error| Problem::Malformed(Some(error)))?;
    Ok(Ground::Tcp { address, port })
}

/// Host and port as a URI has them; what has a colon is taken for an IPv6 address.
fn with_port(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

fn of_address(address: SocketAddr) -> Ground {
    let text = address.to_string().parse();
    Ground::Tcp {
        address: text.expect("each address with a port is an authority"),
        port: address.port(),
    }
}

/// How a place stands in a target, whatever is wrong with it.
fn place_text(scheme: &Scheme, place: Place<'_>) -> String {
    match place {
        Place::Tcp { host, port } => format!("{scheme}://{}", with_port(host, port)),
        Place::Unix(path) => path_text(path),
        Place::UnixAbstract(name) => escaped("unix-abstract", name.as_bytes()),
    }
}
