use std::{error::Error, fmt, net::IpAddr};

use http::uri::Authority;

/// Two names for one server: its authority and the server name of the TLS options (I-32).
///
/// ```
/// use http::uri::Authority;
/// use ziggurat::channel::NameConflict;
///
/// let authority = Authority::from_static("cafe.example:50051");
/// assert!(NameConflict::check(&authority, Some("Cafe.example")).is_ok());
/// let conflict = NameConflict::check(&authority, Some("bar.example")).unwrap_err();
/// assert_eq!(
///     conflict.to_string(),
///     r#"the authority "cafe.example:50051" and the TLS server name "bar.example" differ: set one of them, or the same"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameConflict {
    authority: Authority,
    server_name: Box<str>,
}

impl NameConflict {
    /// Compares the host of an authority with a server name, if there is one.
    ///
    /// # Errors
    ///
    /// They are two.
    pub fn check(authority: &Authority, server_name: Option<&str>) -> Result<(), Self> {
        match server_name {
            Some(name) if !is_same(authority.host(), name) => Err(Self {
                authority: authority.clone(),
                server_name: name.into(),
            }),
            _ => Ok(()),
        }
    }
}

fn is_same(host: &str, name: &str) -> bool {
    let address = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match (address(host), address(name)) {
        (None, None) => host.eq_ignore_ascii_case(name),
        (host, name) => host == name,
    }
}

impl fmt::Display for NameConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            authority,
            server_name,
        } = self;
        write!(
            f,
            "the authority {:?} and the TLS server name {server_name:?} differ: set one of them, or the same",
            authority.as_str()
        )
    }
}

impl Error for NameConflict {}
