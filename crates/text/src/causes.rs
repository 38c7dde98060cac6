use std::{error::Error, io, iter};

use super::{TEXT, foreign};

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

/// The first cause whose words do not stand in the text yet: what the `source` of an error gives that tells its causes.
///
/// ```
/// use std::{error::Error, io};
/// use ziggurat_text::untold;
///
/// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
/// assert!(untold("10.0.0.1:443: connection refused", &refused).is_none());
/// assert!(untold("there is no coffee", &refused).is_some());
/// ```
pub fn untold<'a>(
    text: &str,
    cause: &'a (dyn Error + 'static),
) -> Option<&'a (dyn Error + 'static)> {
    causes(cause).find(|cause| {
        let cause = cause.to_string();
        // What a peer had a say in stands there escaped and cut.
        let shown = foreign(&cause, TEXT).to_string();
        !text.contains(&cause) && !text.contains(shown.trim_end_matches('…'))
    })
}

#[cfg(test)]
mod tests {
    use std::fmt;

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
        let next = |text| untold(text, &error).map(ToString::to_string);
        assert_eq!(next("in short").as_deref(), Some("outer"));
        assert_eq!(
            next("outer, in short").as_deref(),
            Some("connection refused")
        );
        assert_eq!(next("outer: connection refused"), None);
        let long = io::Error::other("\n".repeat(TEXT));
        let text = format!("in short: {}", foreign(&long.to_string(), TEXT));
        assert!(untold(&text, &long).is_none());
    }
}
