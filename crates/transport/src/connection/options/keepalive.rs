use std::time::Duration;

use ziggurat_connect::adjusted;

/// The least interval (E-1): servers end a connection whose PINGs come faster than they allow.
const MIN_INTERVAL: Duration = Duration::from_secs(10);
/// As long as never. Clocks can add it.
const MAX: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
const TIMEOUT: Duration = Duration::from_secs(20);

/// Asks a silent server for a sign of life, and ends the connection if none comes.
///
/// A connection that was cut without a word looks alive for as long as nothing is sent, and for a quarter of an hour
/// when something is. With keepalive, a PING goes out when nothing was read for the interval; when nothing is read for
/// the timeout after that, the connection is lost and its calls fail. Any byte counts as life (E-3, E-4).
///
/// Off by default, as in all of gRPC: a server must allow it, or ends connections with *too many pings*; most allow one
/// PING in five minutes. A channel that is told so doubles the interval for its next connections (E-8).
///
/// While no call is open nothing is sent and nothing is timed (E-5); the first call after that sends a PING at once, if
/// it is time (E-6).
///
/// On Linux, the timeout is also set as `TCP_USER_TIMEOUT` of the socket (E-7), which notices what was sent and not
/// acknowledged.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::channel::KeepaliveOptions;
///
/// let keepalive = KeepaliveOptions::every(Duration::from_secs(1));
/// // E-1
/// assert_eq!(keepalive.interval(), Duration::from_secs(10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepaliveOptions {
    pub(in crate::connection) interval: Duration,
    pub(in crate::connection) timeout: Duration,
    pub(in crate::connection) idle: WhileIdle,
}

/// What happens while no call is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connection) enum WhileIdle {
    Rest,
    Ping,
}

impl KeepaliveOptions {
    /// A PING when nothing was read for this long; 10 seconds at least (E-1).
    ///
    /// PINGs may come earlier than that: bytes of the connection itself do not put them off. Servers that count them
    /// forgive it, for they are answered meanwhile.
    ///
    /// A shorter interval is raised to that, and a WARN in the log tells; [`interval`](Self::interval) gives what is used.
    pub fn every(interval: Duration) -> Self {
        let used = interval.clamp(MIN_INTERVAL, MAX);
        Self {
            interval: adjusted("KeepaliveOptions::every", &interval, used),
            timeout: TIMEOUT,
            idle: WhileIdle::Rest,
        }
    }

    /// How long nothing may be read after a PING; the default is 20 seconds (E-2).
    ///
    /// Keep it above the longest round trip.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(MAX);
        self
    }

    /// Goes on while no call is open; the default is not to (E-2, E-5).
    ///
    /// It keeps a connection alive through a router that forgets silent ones. Servers allow such PINGs seldom: one in
    /// two hours is usual (E-10).
    pub fn while_idle(mut self) -> Self {
        self.idle = WhileIdle::Ping;
        self
    }

    /// How long nothing is read before a PING: what was asked for, or the least that is allowed.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Twice the interval: what a server asks for that says *too many pings* (E-8).
    pub fn doubled(mut self) -> Self {
        self.interval = self.interval.saturating_mul(2).min(MAX);
        self
    }
}
