use std::{error::Error, fmt, ops::RangeInclusive};

/// A setting that HTTP/2 does not allow.
///
/// ```
/// use ziggurat::channel::Http2Options;
///
/// let error = Http2Options::new().stream_window(1000).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the stream window may be 65535 to 2147483647 bytes, not 1000"
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OutOfRange {
    setting: &'static str,
    range: RangeInclusive<u32>,
    value: u32,
}

impl OutOfRange {
    pub(super) fn check(
        setting: &'static str,
        range: RangeInclusive<u32>,
        value: u32,
    ) -> Result<u32, Self> {
        if range.contains(&value) {
            return Ok(value);
        }
        Err(Self {
            setting,
            range,
            value,
        })
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            range,
            value,
        } = self;
        let (start, end) = (range.start(), range.end());
        write!(
            f,
            "the {setting} may be {start} to {end} bytes, not {value}"
        )
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for OutOfRange {}
