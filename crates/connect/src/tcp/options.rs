use std::time::Duration;

use crate::adjusted::adjusted;

/// RFC 8305's recommendation, and its bounds.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
const MIN_ATTEMPT_DELAY: Duration = Duration::from_millis(100);
const MAX_ATTEMPT_DELAY: Duration = Duration::from_secs(2);

/// How TCP connections are made.
///
/// `TCP_USER_TIMEOUT` is set with keepalive, of which it is a part:
/// `KeepaliveOptions`.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::channel::TcpOptions;
///
/// let least = TcpOptions::new().attempt_delay(Duration::ZERO);
/// assert_eq!(least, TcpOptions::new().attempt_delay(Duration::from_millis(100)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpOptions {
    /// Whether the kernel may hold back what is small.
    pub(super) delayed: bool,
    pub(super) attempt_delay: Duration,
}

impl TcpOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            delayed: false,
            attempt_delay: ATTEMPT_DELAY,
        }
    }

    /// Leaves `TCP_NODELAY` off, so that the kernel collects what is written; it is on by default.
    ///
    /// A connection collects its own writes. The kernel would hold back the last of them until the server acknowledges
    /// the one before, for up to 200 ms.
    pub fn delayed(mut self) -> Self {
        self.delayed = true;
        self
    }

    /// After which time without an answer the next address is tried beside the last; the default is 250 ms (G-31).
    ///
    /// A value outside 100 ms to 2 s becomes the nearest within, and a WARN in the log tells. A failure is not waited for: the next follows at once.
    pub fn attempt_delay(mut self, delay: Duration) -> Self {
        let used = delay.clamp(MIN_ATTEMPT_DELAY, MAX_ATTEMPT_DELAY);
        self.attempt_delay = adjusted("TcpOptions::attempt_delay", &delay, used);
        self
    }
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self::new()
    }
}
