use std::{error::Error, fmt, io, iter};

use super::{TEXT, foreign, http2, http2::is_http2};

/// An error and what it came from, the outermost first.
///
/// What an [`io::Error`] holds belongs to it too: its own `source` passes it over.
///
/// ```
/// use std::io;
///
/// let held = io::Error::from(io::ErrorKind::ConnectionRefused);
/// let error = io::Error::other(held);
/// let inner = ziggurat_text::causes(&error).skip(1).find_map(|cause| cause.downcast_ref::<io::Error>());
/// assert_eq!(inner.map(io::Error::kind), Some(io::ErrorKind::ConnectionRefused));
/// ```
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| {
        let held = error.downcast_ref().and_then(io::Error::get_ref);
        held.map_or_else(|| error.source(), |held| Some(held))
    })
}

/// The `source` of an error whose text is this, and which has this cause.
///
/// That is the first cause whose words do not stand in the text yet. Where the text tells them all, it is the I/O error
/// at the bottom, or what that came from, such as an error of TLS; programs look for it there. Nothing is given that
/// only repeats: not the whole of the text, nothing [bare], and no error of HTTP/2, whose code the text names.
///
/// ```
/// use std::{error::Error, io};
/// use ziggurat_text::source;
///
/// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
/// assert!(source("10.0.0.1:443: connection refused", &refused).is_some_and(|source| source.is::<io::Error>()));
/// assert!(source("connection refused", &refused).is_none());
///
/// let held = io::Error::other("no beans");
/// assert!(source("there is no coffee", &held).is_some());
/// ```
pub fn source<'a>(
    text: &str,
    cause: &'a (dyn Error + 'static),
) -> Option<&'a (dyn Error + 'static)> {
    let chain = || causes(cause).filter(|cause| !is_bare(*cause));
    if let Some(untold) = chain().find(|cause| !tells(text, *cause)) {
        return Some(untold);
    }
    let mut bottom: Option<&'a (dyn Error + 'static)> = None;
    for cause in chain().filter(|cause| !is_http2(*cause)) {
        bottom = match bottom {
            // What an I/O error holds says the same, and has no kind.
            Some(io) if io.to_string() == cause.to_string() => Some(io),
            Some(_) => Some(cause),
            None => cause.is::<io::Error>().then_some(cause),
        };
    }
    bottom.filter(|cause| cause.to_string() != text)
}

/// Whether a text tells a cause: in its own words, or by the name of HTTP/2's code.
pub fn tells(text: &str, cause: &(dyn Error + 'static)) -> bool {
    if http2::is_named(text, cause) {
        return true;
    }
    let words = cause.to_string();
    // What a peer had a say in stands there escaped and cut.
    let shown = foreign(&words, TEXT).to_string();
    text.contains(&words) || text.contains(shown.trim_end_matches('…'))
}

/// An I/O error that says its kind and no more; what wraps it says what happened.
///
/// It is for programs that look for an I/O error, where this side found the fault and there was none. Texts that tell
/// their causes leave it out, for "timed out" adds nothing to "no answer within 20s".
///
/// ```
/// use std::io::ErrorKind;
/// use ziggurat_text::{bare, is_bare};
///
/// let error = bare(ErrorKind::TimedOut);
/// assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::TimedOut, "timed out"));
/// assert!(is_bare(&error) && !is_bare(&std::io::Error::from(ErrorKind::TimedOut)));
/// ```
pub fn bare(kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, Bare(kind))
}

/// Whether an error says no more than its class, for what wraps it says why: a [`bare`] I/O error, or the code of a
/// reset that this side made on purpose.
pub fn is_bare(error: &(dyn Error + 'static)) -> bool {
    let held = error.downcast_ref().and_then(io::Error::get_ref);
    held.is_some_and(<dyn Error + Send + Sync>::is::<Bare>)
        || error.is::<Bare>()
        || http2::is_bare_code(error)
}

/// Stands in an I/O error where otherwise a second copy of the text would.
#[derive(Debug)]
struct Bare(io::ErrorKind);

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Bare {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(&'static str, io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.1)
        }
    }

    #[test]
    fn what_an_io_error_holds_is_a_cause() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = Outer("outer", io::Error::other(refused));
        let texts: Vec<_> = causes(&error).map(ToString::to_string).collect();
        assert_eq!(texts, ["outer", "connection refused", "connection refused"]);
    }

    #[test]
    fn what_was_told_is_passed_over() {
        // A-114, D-27
        let error = Outer("outer", io::ErrorKind::ConnectionRefused.into());
        let next = |text| source(text, &error).map(ToString::to_string);
        assert_eq!(next("in short").as_deref(), Some("outer"));
        assert_eq!(
            next("outer, in short").as_deref(),
            Some("connection refused")
        );
        let long = io::Error::other("\n".repeat(TEXT));
        let text = format!("in short: {}", foreign(&long.to_string(), TEXT));
        assert!(tells(&text, &long));
    }

    #[test]
    fn where_all_is_told_the_io_error_is_left() {
        // A-138
        let error = Outer("outer", io::ErrorKind::ConnectionRefused.into());
        let told = source("outer: connection refused", &error).unwrap();
        assert!(told.is::<io::Error>());
        // With what it holds it is one.
        let error = Outer("outer", io::Error::other("no beans"));
        let told = source("outer: no beans", &error).unwrap();
        assert!(told.is::<io::Error>());
        // What it came from, as an error of TLS, is further down.
        let held = io::Error::other(Outer("alert", io::Error::other("deep")));
        let told = source("it broke: alert, deep", &held).unwrap();
        assert!(told.is::<io::Error>() && told.to_string() == "deep");
        // Nothing is said twice.
        assert!(source("no beans", &io::Error::other("no beans")).is_none());
        // Only where there was I/O is there something to look for.
        let text = format!("why: {}", fmt::Error);
        assert!(source(&text, &fmt::Error).is_none());
    }

    #[test]
    fn what_is_bare_is_no_cause_to_tell() {
        let error = Outer("no answer within 20s", bare(io::ErrorKind::TimedOut));
        assert!(source("no answer within 20s", &error).is_none());
        assert_eq!(
            source("in short", &error).unwrap().to_string(),
            "no answer within 20s"
        );
    }
}
