use std::{fmt, path::PathBuf, sync::Arc};

use rustls::{ClientConfig, client::danger::ServerCertVerifier, pki_types::ServerName};

use super::{
    Identity, Roots,
    error::{Problem, TlsError},
};

/// Whom to trust, and what to show: the settings of [`Tls`](super::Tls).
///
/// By default servers are verified by the roots of the system, for the name of the target, and no client certificate is
/// shown. There is no switch that turns verification off (I-4).
///
/// ```
/// use ziggurat::tls::{TlsError, TlsOptions};
///
/// // Reached by another name than the one in its certificate.
/// let options = TlsOptions::new().server_name("cafe.example")?;
/// # let _ = options;
/// # Ok::<_, TlsError>(())
/// ```
#[derive(Clone, Default)]
pub struct TlsOptions {
    /// A configuration of the user's own, which has trust and identity itself.
    pub(super) config: Option<Arc<ClientConfig>>,
    /// How servers are verified; `None` for the system's roots.
    pub(super) trust: Option<Trust>,
    /// What is shown to a server that asks for it.
    pub(super) identity: Option<Identity>,
    /// The name to verify in place of the target's host.
    pub(super) server_name: Option<ServerName<'static>>,
    /// Whether a server must agree to HTTP/2 by ALPN.
    pub(super) http2: Http2,
}

/// How it is known that a server speaks HTTP/2.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Http2 {
    /// It chose it by ALPN.
    #[default]
    Negotiated,
    /// The user says so, of one that ignores ALPN.
    Assumed,
}

/// How a server is verified.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// By authorities: webpki builds the chain from one of them.
    Roots(Roots),
    /// By a verifier of the user's own, on their responsibility.
    Verifier(Arc<dyn ServerCertVerifier>),
}

impl TlsOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an own configuration of rustls as it is, but for ALPN, which becomes `h2`.
    ///
    /// Roots, identity and verifier are its own: setting them here as well is refused.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use ziggurat::tls::{Tls, TlsError, TlsOptions, rustls::ClientConfig};
    ///
    /// fn only_tls_13(config: ClientConfig) -> Result<Tls, TlsError> {
    ///     Tls::new(TlsOptions::with_config(Arc::new(config)))
    /// }
    /// # let _ = only_tls_13;
    /// ```
    pub fn with_config(config: Arc<ClientConfig>) -> Self {
        Self {
            config: Some(config),
            ..Self::default()
        }
    }

    /// Trusts these authorities, and no others.
    pub fn roots(mut self, roots: Roots) -> Self {
        self.trust = Some(Trust::Roots(roots));
        self
    }

    /// Shows this identity to a server that asks for one.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Takes the server for this one: its certificate is verified for this name, not for the target's host.
    ///
    /// It is also what the server is told, by SNI and as the `:authority` of each request (I-32). It is a DNS name or an
    /// IP address, without a port.
    ///
    /// # Errors
    ///
    /// It is neither.
    pub fn server_name(mut self, name: &str) -> Result<Self, TlsError> {
        let name = ServerName::try_from(name.to_owned());
        let name = name.map_err(|error| TlsError::options(Problem::ServerName(error)))?;
        self.server_name = Some(name);
        Ok(self)
    }

    /// Assumes that a server speaks HTTP/2 if it does not take part in ALPN.
    ///
    /// By default such a server is refused (I-2). With this `h2` is still offered, and a server that chooses it is as any
    /// other; one that ignores ALPN is sent HTTP/2 at once. One that refuses `h2` (alert `no_application_protocol`) has
    /// said that it does not speak it, and stays refused.
    ///
    /// ```
    /// use ziggurat::tls::TlsOptions;
    ///
    /// // Behind a TLS terminator that hands on bytes, and knows nothing of what is in them.
    /// let options = TlsOptions::new().assume_http2();
    /// # let _ = options;
    /// ```
    pub fn assume_http2(mut self) -> Self {
        self.http2 = Http2::Assumed;
        self
    }

    /// Leaves it to a verifier of one's own whether a server is who it should be, instead of roots.
    ///
    /// Dangerous: with one that is wrong, anybody can read and change all that is sent. Most who look for this want
    /// [`roots`](Self::roots) or [`server_name`](Self::server_name).
    pub fn dangerous_verifier(mut self, verifier: Arc<dyn ServerCertVerifier>) -> Self {
        self.trust = Some(Trust::Verifier(verifier));
        self
    }

    /// The files that it is made of.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let roots = match &self.trust {
            Some(Trust::Roots(roots)) => Some(roots),
            Some(Trust::Verifier(_)) | None => None,
        };
        let roots = roots.into_iter().flat_map(Roots::files);
        let identity = self.identity.iter().flat_map(Identity::files);
        roots.chain(identity).map(Into::into).collect()
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An own configuration may show what it should not.
        let config = self.config.as_ref().map(|_| format_args!("own"));
        f.debug_struct("TlsOptions")
            .field("config", &config)
            .field("trust", &self.trust)
            .field("identity", &self.identity)
            .field("server_name", &self.server_name)
            .field("http2", &self.http2)
            .finish()
    }
}
