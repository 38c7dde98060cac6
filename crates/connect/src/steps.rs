use std::{
    fmt::{self, Write},
    hash::{Hash, Hasher},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// How far an attempt to connect has come. It goes along with the target, through whatever connectors there are.
///
/// By default nobody wants to know. All are equal: it is no part of what a target is. A lint takes a key with a lock in
/// it for one that changes, at users as well, whose maps have targets as keys; so the lock stands behind a trait.
///
/// ```
/// use std::io;
/// use ziggurat_connect::attempt::Steps;
///
/// let steps = Steps::new();
/// let watched = steps.watch();
/// steps.resolving("cafe.example");
/// assert!(watched.is_resolving());
///
/// let address = "10.0.0.1:80".parse()?;
/// steps.trying(address);
/// steps.failed(address, &io::Error::other("no route"));
/// assert_eq!(watched.told().unwrap(), "10.0.0.1:80: no route");
/// # Ok::<_, std::net::AddrParseError>(())
/// ```
#[derive(Clone, Default)]
pub struct Steps(Option<Arc<dyn StepCell>>);

/// Looks at the steps of an attempt, as long as it lasts.
#[derive(Clone, Default)]
pub struct Watched(Option<Weak<dyn StepCell>>);

/// Where an attempt has come to: those who make it write, those who wait for it read.
trait StepCell: Send + Sync {
    fn lock(&self) -> MutexGuard<'_, Step>;
}

/// What a connector does.
#[derive(Debug, Default)]
enum Step {
    /// It has not said.
    #[default]
    Unknown,
    /// It resolves this name.
    Resolving(Box<str>),
    /// It tries these addresses; of some it knows how they failed.
    Trying(Vec<(SocketAddr, Option<String>)>),
    /// It has given a stream; this is missing.
    Connected(&'static str),
}

impl Steps {
    /// Steps that can be watched; the default's cannot.
    pub fn new() -> Self {
        Self(Some(Arc::<Mutex<Step>>::default()))
    }

    /// Looks at them from elsewhere, without keeping them.
    pub fn watch(&self) -> Watched {
        Watched(self.0.as_ref().map(Arc::downgrade))
    }

    /// This name is being resolved.
    pub fn resolving(&self, host: &str) {
        if let Some(mut step) = self.lock() {
            *step = Step::Resolving(host.into());
        }
    }

    /// This address is being tried, perhaps beside others.
    pub fn trying(&self, address: SocketAddr) {
        if let Some(mut step) = self.lock() {
            match &mut *step {
                Step::Trying(addresses) => addresses.push((address, None)),
                step => *step = Step::Trying(vec![(address, None)]),
            }
        }
    }

    /// There is a stream; `missing` is what it takes to be a connection.
    pub fn connected(&self, missing: &'static str) {
        if let Some(mut step) = self.lock() {
            *step = Step::Connected(missing);
        }
    }

    /// An address that was tried came to this end.
    pub fn failed(&self, address: SocketAddr, error: &io::Error) {
        if let Some(mut step) = self.lock()
            && let Step::Trying(addresses) = &mut *step
            && let Some((_, end)) = addresses
                .iter_mut()
                .rev()
                .find(|(tried, _)| *tried == address)
        {
            *end = Some(error.to_string());
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, Step>> {
        Some(self.0.as_deref()?.lock())
    }
}

impl StepCell for Mutex<Step> {
    fn lock(&self) -> MutexGuard<'_, Step> {
        Mutex::lock(self).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    /// Whether a name is being resolved.
    pub fn is_resolving(&self) -> bool {
        self.steps()
            .lock()
            .is_some_and(|step| matches!(*step, Step::Resolving(_)))
    }

    /// What has come of the attempt so far, if the connector says (D-27).
    pub fn told(&self) -> Option<String> {
        let steps = self.steps();
        let step = steps.lock()?;
        match &*step {
            Step::Unknown => None,
            Step::Resolving(host) => Some(format!("the host {host:?} is being resolved")),
            Step::Trying(addresses) => {
                let mut told = String::new();
                for (address, end) in addresses {
                    let separator = if told.is_empty() { "" } else { "; " };
                    let end = end.as_deref().unwrap_or("no answer");
                    // Writing to a string cannot fail.
                    let _ = write!(told, "{separator}{address}: {end}");
                }
                Some(told)
            }
            Step::Connected(missing) => Some((*missing).to_owned()),
        }
    }

    fn steps(&self) -> Steps {
        Steps(self.0.as_ref().and_then(Weak::upgrade))
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.watch().fmt(f)
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Steps").field(&self.told()).finish()
    }
}

impl PartialEq for Steps {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Steps {}

impl Hash for Steps {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, last], 443))
    }

    #[test]
    fn each_address_has_its_own_end() {
        // D-27
        let steps = Steps::new();
        let watched = steps.watch();
        assert_eq!((watched.told(), watched.is_resolving()), (None, false));
        steps.resolving("cafe");
        let resolving = "the host \"cafe\" is being resolved".to_owned();
        assert_eq!(
            (watched.told(), watched.is_resolving()),
            (Some(resolving), true)
        );
        steps.trying(address(1));
        steps.trying(address(2));
        steps.failed(address(2), &io::ErrorKind::ConnectionRefused.into());
        let text = "10.0.0.1:443: no answer; 10.0.0.2:443: connection refused";
        assert_eq!(
            (watched.told().as_deref(), watched.is_resolving()),
            (Some(text), false)
        );
        steps.connected("SETTINGS are missing");
        assert_eq!(watched.told().as_deref(), Some("SETTINGS are missing"));
        drop(steps);
        assert_eq!(watched.told(), None);
    }

    #[test]
    fn nobody_has_to_want_to_know() {
        let steps = Steps::default();
        steps.resolving("cafe");
        steps.trying(address(1));
        assert!(steps.watch().told().is_none() && steps == Steps::new());
    }
}
