use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;
use ziggurat_protocol::timeout::{self, InvalidTimeout};

/// What stands for an instant that the clock cannot express: thirty years from now.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The instant at which a call is given up, on tokio's clock (B-1).
///
/// ```
/// use std::time::Duration;
/// use ziggurat::Deadline;
///
/// let deadline = Deadline::after(Duration::from_secs(5));
/// assert!(!deadline.has_passed() && deadline.remaining() <= Duration::from_secs(5));
/// assert!(deadline < Deadline::after(Duration::MAX));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(Instant);

impl Deadline {
    /// Gives up at this instant.
    pub fn at(instant: Instant) -> Self {
        Self(instant)
    }

    /// Gives up when this much time has passed from now; any duration is taken, [`Duration::MAX`] too (A-20).
    pub fn after(timeout: Duration) -> Self {
        Self::since(Instant::now(), timeout)
    }

    /// Gives up when this much time has passed since an instant, whenever that was; any duration is taken (A-20).
    pub fn since(instant: Instant, timeout: Duration) -> Self {
        Self(
            instant
                .checked_add(timeout)
                .unwrap_or_else(|| instant + FAR),
        )
    }

    /// Reads the `grpc-timeout` of an inbound request, counted from now (B-10).
    ///
    /// `None` if the caller set no deadline. To be called when the request arrives: what was spent before is not seen.
    ///
    /// ```
    /// # use ziggurat::Deadline;
    /// let mut headers = http::HeaderMap::new();
    /// assert_eq!(Deadline::from_headers(&headers), Ok(None));
    /// headers.insert("grpc-timeout", "250m".parse()?);
    /// let left = Deadline::from_headers(&headers)?.map(Deadline::remaining);
    /// assert!(left.is_some_and(|left| left.as_millis() <= 250));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The header breaks the grammar (A-15). gRPC leaves it to the server whether to refuse such a request.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, InvalidTimeout> {
        let Some(value) = headers.get(timeout::HEADER) else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(value.as_bytes());
        timeout::parse(&text).map(|timeout| Some(Self::after(timeout)))
    }

    /// The instant, for tokio's `timeout_at` and `sleep_until`.
    pub fn instant(self) -> Instant {
        self.0
    }

    /// The time that is left; zero once it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether no time is left.
    pub fn has_passed(self) -> bool {
        self.0 <= Instant::now()
    }

    /// Writes what is left as `grpc-timeout`, in place of what stands there (A-16).
    ///
    /// Never writes zero (A-18): whoever writes too late writes the shortest timeout there is. For grounds of your own
    /// that know the deadline and have no [origin floor](crate::origin).
    ///
    /// ```
    /// use std::time::Duration;
    /// use ziggurat::Deadline;
    ///
    /// let mut headers = http::HeaderMap::new();
    /// Deadline::after(Duration::from_secs(5)).write_to(&mut headers);
    /// assert!(headers.contains_key("grpc-timeout"));
    /// ```
    pub fn write_to(self, headers: &mut HeaderMap) {
        self.write_at(Instant::now(), headers);
    }

    /// The same, for who knows what time it is.
    pub(crate) fn write_at(self, now: Instant, headers: &mut HeaderMap) {
        let left = self.0.saturating_duration_since(now);
        if let Some(value) = timeout::header_value(left.max(Duration::from_nanos(1))) {
            headers.insert(timeout::HEADER, value);
        }
    }
}
