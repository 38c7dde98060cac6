//! Values that are neither objects nor lists; what is wrong with one is told in words that follow its path.

use std::time::Duration;

use serde_json::value::RawValue;
use ziggurat_protocol::Code;
use ziggurat_text::{VALUE, foreign};

/// Reads one kind of value.
pub(super) type Read<T> = fn(&RawValue) -> Result<T, String>;

/// The longest duration that proto3 has, in seconds: about ten thousand years (F-1).
const LONGEST: u64 = 315_576_000_000;

/// Nothing else, not even in quotes.
pub(super) fn boolean(value: &RawValue) -> Result<bool, String> {
    match value.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("is {}: it must be true or false", shown(value))),
    }
}

/// Half a surrogate, which JSON allows, is no text.
pub(super) fn string(value: &RawValue) -> Result<String, String> {
    let text = serde_json::from_str(value.get());
    text.map_err(|_| format!("is {}: it must be a string", shown(value)))
}

/// A whole number of 32 bits: `4`, `"4"`, `4.0` and `4e0` are the same.
pub(super) fn uint32(value: &RawValue) -> Result<u32, String> {
    let whole = number(value).and_then(whole);
    whole.ok_or_else(|| {
        let shown = shown(value);
        format!(
            "is {shown}: it must be a whole number from 0 to {}",
            u32::MAX
        )
    })
}

/// A whole number of 64 bits, in the same ways.
pub(super) fn uint64(value: &RawValue) -> Result<u64, String> {
    // A double does not have all of them, but all that are written with an exponent or a point.
    let quoted = string(value).ok();
    let text = quoted.as_deref().unwrap_or(value.get());
    let number = number(value);
    let exact = number.and_then(|_| text.parse().ok());
    exact.or_else(|| number.and_then(whole_64)).ok_or_else(|| {
        let shown = shown(value);
        format!(
            "is {shown}: it must be a whole number from 0 to {}",
            u64::MAX
        )
    })
}

/// A number that a double holds; proto3 knows more of them by name, which no field here can be.
pub(super) fn double(value: &RawValue) -> Result<f64, String> {
    let finite = number(value).filter(|number| number.is_finite());
    finite.ok_or_else(|| format!("is {}: it must be a number", shown(value)))
}

/// `"1.5s"`, with up to nine decimals, and not negative, which nothing in a config may be.
pub(super) fn duration(value: &RawValue) -> Result<Duration, String> {
    let text = string(value).unwrap_or_default();
    let (is_negative, duration) = match text.strip_prefix('-') {
        Some(rest) => (true, seconds(rest)),
        None => (false, seconds(&text)),
    };
    let shown = shown(value);
    match duration {
        None => Err(format!(
            "is {shown}: it must be a duration in seconds, such as \"1.5s\""
        )),
        Some(duration) if duration.as_secs() > LONGEST => {
            Err(format!("is {shown}: it must be at most {LONGEST} seconds"))
        }
        Some(duration) if is_negative && !duration.is_zero() => {
            Err(format!("is {shown}: it must not be negative"))
        }
        Some(duration) => Ok(duration),
    }
}

/// A code's name in any case, or its number (C-1).
pub(super) fn code(value: &RawValue) -> Result<Code, String> {
    let code = match string(value) {
        Ok(name) => codes().find(|code| code.name().eq_ignore_ascii_case(&name)),
        Err(_) => number(value).and_then(whole).and_then(Code::from_number),
    };
    code.ok_or_else(|| {
        let shown = shown(value);
        format!(
            "is {shown}: it must be a status code, by name such as \"UNAVAILABLE\" or by number"
        )
    })
}

/// A value as it stands in the text; lists and objects are too much for a sentence.
pub(super) fn shown(value: &RawValue) -> String {
    match value.get().as_bytes() {
        [b'{', ..] => "an object".to_owned(),
        [b'[', ..] => "a list".to_owned(),
        text => foreign(text, VALUE).to_string(),
    }
}

/// A number, which may stand in quotes.
fn number(value: &RawValue) -> Option<f64> {
    let quoted = string(value).ok();
    let text = quoted.as_deref().unwrap_or(value.get());
    // JSON's numbers only: Rust knows more.
    let begins = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let number: &RawValue = serde_json::from_str(text).ok()?;
    (begins && number.get() == text).then(|| text.parse().ok())?
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole and within the bounds"
)]
/// A number without a fraction that has room in 32 bits.
fn whole(number: f64) -> Option<u32> {
    let is_within = (0.0..=f64::from(u32::MAX)).contains(&number);
    (is_within && number.fract() == 0.0).then_some(number as u32)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole and within the bounds"
)]
/// The same in 64 bits, of a number that is not written in digits alone.
fn whole_64(number: f64) -> Option<u64> {
    /// The first that has no room.
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    let is_within = (0.0..BEYOND).contains(&number);
    (is_within && number.fract() == 0.0).then_some(number as u64)
}

/// A duration without its sign. One that is too long for all types is the longest that there is.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.strip_suffix('s')?;
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if are_digits(fraction) && fraction.len() <= 9 => (whole, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    are_digits(whole).then(|| Duration::new(whole.parse().unwrap_or(u64::MAX), nanos))
}

/// Whether there is at least one digit, and nothing else.
fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// All that there are.
fn codes() -> impl Iterator<Item = Code> {
    (0..).map_while(Code::from_number)
}
