//! The `grpc-timeout` header: at most eight digits and a unit (A-15 … A-20).
//!
//! A call has a deadline; what the server is told is how much time is left when the request leaves.
//! The units are `H` hours, `M` minutes, `S` seconds, `m` milliseconds, `u` microseconds and `n`
//! nanoseconds.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::protocol::timeout;
//!
//! assert_eq!(timeout::encode(Duration::from_millis(250)).as_deref(), Some("250000u"));
//! assert_eq!(timeout::parse("250m"), Ok(Duration::from_millis(250)));
//! ```

use std::{error::Error, fmt, time::Duration};

use http::HeaderValue;
use ziggurat_text::{VALUE, foreign};

/// The header's name, `grpc-timeout`.
pub const HEADER: http::HeaderName = http::HeaderName::from_static("grpc-timeout");

/// So many digits are legal (A-15).
const DIGITS: usize = 8;
const MAX: u32 = 99_999_999;
const NANOS_PER_HOUR: u128 = 3_600_000_000_000;

/// Finest first: the unit's letter and its length in nanoseconds.
const UNITS: [(u8, u128); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', NANOS_PER_HOUR),
];

/// Writes a timeout in the finest unit that fits eight digits, rounded up.
///
/// Rounding up keeps the server from giving up before the client does (A-17); what exceeds
/// 99,999,999 hours is that. Zero gives `None`: there is no time left, and nothing may be sent
/// (A-18).
///
/// ```
/// use std::time::Duration;
/// use ziggurat::protocol::timeout::encode;
///
/// assert_eq!(encode(Duration::from_secs(2)).as_deref(), Some("2000000u"));
/// assert_eq!(encode(Duration::from_nanos(100_000_001)).as_deref(), Some("100001u"));
/// assert_eq!(encode(Duration::MAX).as_deref(), Some("99999999H"));
/// assert_eq!(encode(Duration::ZERO), None);
/// ```
pub fn encode(timeout: Duration) -> Option<String> {
    let text = Text::of(timeout)?;
    Some(String::from_utf8_lossy(text.as_bytes()).into_owned())
}

/// The same as the header's value, made without a string in between.
///
/// It is marked sensitive, so that HTTP/2 sends it as it is and never indexes it: it differs in each call, and would push
/// what repeats out of the compression table, on both sides. `Debug` shows a sensitive value as `Sensitive`.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::protocol::timeout::header_value;
///
/// let value = header_value(Duration::from_secs(2)).unwrap();
/// assert_eq!(value, "2000000u");
/// assert!(value.is_sensitive());
/// assert_eq!(header_value(Duration::ZERO), None);
/// ```
pub fn header_value(timeout: Duration) -> Option<HeaderValue> {
    let text = Text::of(timeout)?;
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A timeout as it is written: up to eight digits, then the unit's letter, at the end of the array.
struct Text {
    bytes: [u8; DIGITS + 1],
    start: usize,
}

impl Text {
    /// `None` if no time is left.
    fn of(timeout: Duration) -> Option<Self> {
        let (mut value, letter) = shortest(timeout)?;
        let mut bytes = [0; DIGITS + 1];
        bytes[DIGITS] = letter;
        let mut start = DIGITS;
        while value > 0 && start > 0 {
            start -= 1;
            bytes[start] = b"0123456789"[(value % 10) as usize];
            value /= 10;
        }
        Some(Self { bytes, start })
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// A number of at most eight digits and the letter of its unit.
fn shortest(timeout: Duration) -> Option<(u32, u8)> {
    let nanos = timeout.as_nanos();
    if nanos == 0 {
        return None;
    }
    // Rounded up, it fits as long as it does not exceed the most that fits.
    let fits = |&&(_, unit): &&(u8, u128)| nanos <= u128::from(MAX) * unit;
    let found = UNITS.iter().find(fits);
    let value = found.and_then(|&(letter, unit)| {
        let value = u32::try_from(nanos.div_ceil(unit)).ok()?;
        Some((value, letter))
    });
    Some(value.unwrap_or((MAX, b'H')))
}

/// Reads a header's value as an inbound request carries it.
///
/// # Errors
///
/// Anything but one to eight ASCII digits and one of `H M S m u n` (A-15): no sign, no space, no
/// fraction.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::protocol::timeout::parse;
///
/// assert_eq!(parse("90S"), Ok(Duration::from_secs(90)));
/// assert!(parse("1.5S").is_err() && parse("90s").is_err());
/// ```
pub fn parse(value: &str) -> Result<Duration, InvalidTimeout> {
    let invalid = || InvalidTimeout(value.to_owned());
    let letter = value.chars().next_back().ok_or_else(invalid)?;
    let digits = &value[..value.len() - letter.len_utf8()];
    let legal = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let &(_, unit) = UNITS
        .iter()
        .find(|&&(known, _)| char::from(known) == letter && legal)
        .ok_or_else(invalid)?;
    let nanos = digits.parse::<u64>().map_err(|_| invalid())?
        * u64::try_from(unit.min(1_000_000_000)).unwrap_or(1);
    let scale = u32::try_from(unit / unit.min(1_000_000_000)).unwrap_or(1);
    Ok(Duration::from_nanos(nanos) * scale)
}

/// A `grpc-timeout` that breaks the grammar; holds the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTimeout(String);

impl fmt::Display for InvalidTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a grpc-timeout: one to eight digits and one of H, M, S, m, u, n",
            foreign(&self.0, VALUE)
        )
    }
}

impl Error for InvalidTimeout {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_at_every_border() {
        // A-17, A-20
        for (nanos, text) in [
            (1, "1n"),
            (99_999_999, "99999999n"),
            (100_000_000, "100000u"),
            (100_000_001, "100001u"),
            (2_000_000_000, "2000000u"),
            (99_999_999_000, "99999999u"),
            (99_999_999_001, "100000m"),
            (99_999_999_000_001, "100000S"),
        ] {
            assert_eq!(
                encode(Duration::from_nanos(nanos)).as_deref(),
                Some(text),
                "{nanos}"
            );
            assert_eq!(header_value(Duration::from_nanos(nanos)).unwrap(), text);
        }
        assert_eq!(
            encode(Duration::from_secs(99_999_999)).as_deref(),
            Some("99999999S")
        );
        assert_eq!(
            encode(Duration::from_secs(100_000_000)).as_deref(),
            Some("1666667M")
        );
        assert_eq!(
            encode(Duration::from_secs(6_000_000_001)).as_deref(),
            Some("1666667H")
        );
        assert_eq!(encode(Duration::MAX).as_deref(), Some("99999999H"));
        assert_eq!(encode(Duration::ZERO), None); // A-18
    }

    #[test]
    fn never_ends_before_the_client() {
        // A-17
        for nanos in (0..64)
            .map(|bit| 1u64 << bit)
            .chain([3, 7_777_777_777, u64::MAX])
        {
            let timeout = Duration::from_nanos(nanos);
            let read = parse(&encode(timeout).expect("positive")).expect("own output");
            assert!(read >= timeout, "{nanos}");
        }
    }

    #[test]
    fn parses_the_grammar_and_nothing_else() {
        // A-15
        assert_eq!(
            parse("99999999H"),
            Ok(Duration::from_secs(99_999_999 * 3600))
        );
        assert_eq!(parse("00000002M"), Ok(Duration::from_secs(120)));
        for bad in [
            "",
            "m",
            "1",
            "1s",
            "123456789n",
            "-1m",
            "+1m",
            " 1m",
            "1m ",
            "1.5S",
            "١m",
            "1é",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
