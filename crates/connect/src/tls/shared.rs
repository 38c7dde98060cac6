//! The configuration of TLS that channels share, and its renewal.
//!
//! A handshake takes what is current. Where certificates come from files, these are read again before it, off the runtime's
//! threads, and only if they have changed: a bad file leaves the last good configuration in force.

use std::{
    fmt,
    hash::RandomState,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::task::spawn_blocking;

use super::{
    TlsOptions, config,
    error::{Problem, TlsError},
    events,
    files::{Files, Marks},
    options::Http2,
};

/// A checked configuration of TLS, which may change while channels use it.
///
/// Cloning is one reference count, and all clones change together: several channels can share one. As long as nothing
/// changes, later connections resume the session of an earlier one, with a shorter handshake.
///
/// ```
/// # fn write_some(pem: &str) -> Result<(), ziggurat::tls::TlsError> {
/// use ziggurat::tls::{Roots, Tls, TlsOptions};
///
/// let tls = Tls::new(TlsOptions::new().roots(Roots::pem(pem)?))?;
/// // Later: other roots, from the next connection on.
/// tls.replace(TlsOptions::new().roots(Roots::pem(pem)?))?;
/// # Ok(())
/// # }
/// # assert!(write_some("").is_err());
/// ```
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    server_name: Option<ServerName<'static>>,
    keys: RandomState,
    state: Mutex<State>,
}

struct State {
    options: Arc<TlsOptions>,
    config: Arc<ClientConfig>,
    /// Of the files that were tried last.
    marks: Marks,
    /// Why they could not be used.
    error: Option<TlsError>,
}

/// What a handshake is done with.
pub(super) struct Current {
    pub(super) config: Arc<ClientConfig>,
    pub(super) http2: Http2,
}

impl Tls {
    /// Checks options, and loads what they name. It blocks while it reads files.
    ///
    /// # Errors
    ///
    /// The roots of the system cannot be loaded, a file has changed since it was checked, an own configuration goes with
    /// other options, or no crypto provider is compiled in.
    pub fn new(options: TlsOptions) -> Result<Self, TlsError> {
        let server_name = options.server_name.clone();
        let keys = RandomState::new();
        let state = Mutex::new(State::new(options, &keys)?);
        Ok(Self(Arc::new(Shared {
            server_name,
            keys,
            state,
        })))
    }

    /// Uses other options from the next connection on. It blocks while it reads files.
    ///
    /// Connections that there are stay as they are, and so do their calls.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), or the server name is another one. Then all stays as it was.
    pub fn replace(&self, options: TlsOptions) -> Result<(), TlsError> {
        if options.server_name != self.0.server_name {
            return Err(TlsError::options(Problem::ServerNameChanged));
        }
        let state = State::new(options, &self.0.keys)?;
        *self.state() = state;
        Ok(())
    }

    /// Why the files, as they were at the last connection, are not used; `None` if they are.
    pub fn reload_error(&self) -> Option<TlsError> {
        self.state().error.clone()
    }

    /// The name that servers are verified for, if it is not the target's host.
    pub fn server_name(&self) -> Option<&ServerName<'static>> {
        self.0.server_name.as_ref()
    }

    /// The configuration for the next connection, with the files as they are now; if they are bad, as they were before.
    pub(super) async fn current(&self) -> Current {
        let options = self.state().options.clone();
        if !options.files().is_empty() {
            let tls = self.clone();
            let reload = spawn_blocking(move || tls.reload(&options));
            // It fails only if the runtime ends.
            let _ = reload.await;
        }
        let state = self.state();
        Current {
            config: state.config.clone(),
            http2: state.options.http2,
        }
    }

    /// Reads the files, and uses what has changed.
    fn reload(&self, options: &Arc<TlsOptions>) {
        let files = Files::read(options.files());
        let marks = files.marks(&self.0.keys);
        if self.state().marks == marks {
            return;
        }
        let made = config::make(options, &files);
        let mut state = self.state();
        if !Arc::ptr_eq(&state.options, options) {
            // Replaced meanwhile.
            return;
        }
        state.marks = marks;
        match made {
            Ok(config) => {
                state.config = config;
                state.error = None;
            }
            Err(error) => {
                state.error = Some(error.clone());
                drop(state);
                events::reload_failed(&error);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(options: TlsOptions, keys: &RandomState) -> Result<Self, TlsError> {
        let files = Files::read(options.files());
        Ok(Self {
            config: config::make(&options, &files)?,
            options: Arc::new(options),
            marks: files.marks(keys),
            error: None,
        })
    }
}

impl TryFrom<TlsOptions> for Tls {
    type Error = TlsError;

    fn try_from(options: TlsOptions) -> Result<Self, TlsError> {
        Self::new(options)
    }
}

/// An own configuration, as [`TlsOptions::with_config`] takes it.
impl TryFrom<Arc<ClientConfig>> for Tls {
    type Error = TlsError;

    fn try_from(config: Arc<ClientConfig>) -> Result<Self, TlsError> {
        Self::new(TlsOptions::with_config(config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Tls")
            .field("options", &state.options)
            .field("reload_error", &state.error)
            .finish_non_exhaustive()
    }
}
