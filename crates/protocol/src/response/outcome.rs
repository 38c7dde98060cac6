use std::time::Duration;

use http::HeaderMap;

use super::{Head, head, with_local_cause};
use crate::{Code, Status};

/// What a layer can know of a call when the answer's headers are there.
///
/// It is what decides about a retry: a call can be repeated only while nothing but its failure is
/// known. How a committed call ended stands in the trailers; the layers' `outcome` module reports
/// it.
///
/// ```
/// use ziggurat::{Code, Outcome, Status, protocol::response};
///
/// fn may_be_repeated<B: http_body::Body>(answer: &http::Response<B>) -> bool {
///     Outcome::of(answer).code() == Some(Code::Unavailable)
/// }
///
/// let answer = response::trailers_only::<String>(Status::new(Code::Unavailable, "try later"));
/// # let answer = answer.map(http_body_util::Full::<bytes::Bytes>::from);
/// assert!(may_be_repeated(&answer));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Messages may follow, and the status with the trailers: the call cannot be repeated any more
    /// (C-13).
    Committed,
    /// The call is over.
    #[non_exhaustive]
    Finished {
        /// How it ended.
        result: Result<(), Status>,
        /// What the server says about repeating it.
        pushback: Option<Pushback>,
    },
}

/// A server's word on repeating a failed call: `grpc-retry-pushback-ms` (C-16, gRFC A6).
///
/// It forbids or delays; it never makes a code worth repeating that is not.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::{Code, Metadata, Outcome, Status, protocol::response::{self, Pushback}};
///
/// let mut answer = response::trailers_only::<String>(Status::new(Code::Unavailable, "busy"));
/// answer.headers_mut().insert("grpc-retry-pushback-ms", 250.into());
/// # let answer = answer.map(http_body_util::Full::<bytes::Bytes>::from);
///
/// let wait = Pushback::After(Duration::from_millis(250));
/// assert_eq!(Outcome::of(&answer).pushback(), Some(wait));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushback {
    /// Repeat it after exactly this time; on the wire it is in milliseconds, 0 to 2,147,483,647.
    After(Duration),
    /// Do not repeat it: a negative value, several, or none that can be read.
    Never,
}

impl Pushback {
    /// Reads it from the trailers of a failed call, or from the headers of a Trailers-Only answer.
    ///
    /// One value, a signed 32-bit decimal; whatever else stands there forbids (C-16).
    ///
    /// ```
    /// use http::{HeaderMap, HeaderName};
    /// use ziggurat::protocol::response::Pushback;
    ///
    /// let name = HeaderName::from_static("grpc-retry-pushback-ms");
    /// let never = HeaderMap::from_iter([(name, "-1".parse()?)]);
    /// assert_eq!(Pushback::of(&never), Some(Pushback::Never));
    /// assert_eq!(Pushback::of(&HeaderMap::new()), None);
    /// # Ok::<_, http::header::InvalidHeaderValue>(())
    /// ```
    pub fn of(trailers: &HeaderMap) -> Option<Self> {
        let mut values = trailers.get_all("grpc-retry-pushback-ms").into_iter();
        let value = values.next()?;
        let text = value.to_str().ok();
        let millis = text.and_then(|text| text.parse::<i32>().ok());
        let millis = millis.and_then(|millis| u64::try_from(millis).ok());
        Some(match millis.filter(|_| values.next().is_none()) {
            Some(millis) => Self::After(Duration::from_millis(millis)),
            None => Self::Never,
        })
    }
}

impl Outcome {
    /// Reads an answer as its service gave it, before its body was polled.
    ///
    /// An OK answer is as a rule [`Outcome::Committed`]: its status is in the trailers. A body that
    /// is wrapped must still say `is_end_stream` truthfully, for that tells a Trailers-Only answer
    /// (A-75). An answer that is not gRPC is finished, with the code of its HTTP status (A-73).
    pub fn of<B: http_body::Body>(response: &http::Response<B>) -> Self {
        let ended = response.body().is_end_stream();
        match head(response.status(), response.headers(), ended) {
            Head::Open => Self::Committed,
            Head::Finished(result) => Self::Finished {
                result: result.map_err(|status| with_local_cause(status, response.extensions())),
                pushback: Pushback::of(response.headers()),
            },
        }
    }

    /// The code if the call is over; [`Code::Ok`] if it ended well.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Committed => None,
            Self::Finished { result, .. } => {
                Some(result.as_ref().map_or_else(Status::code, |()| Code::Ok))
            }
        }
    }

    /// The failure if the call has failed, with its source if it was made on this side.
    pub fn failure(&self) -> Option<&Status> {
        match self {
            Self::Committed => None,
            Self::Finished { result, .. } => result.as_ref().err(),
        }
    }

    /// What the server says about repeating the call, if it failed.
    pub fn pushback(&self) -> Option<Pushback> {
        match self {
            Self::Committed => None,
            Self::Finished { pushback, .. } => *pushback,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushback_is_one_decimal() {
        // C-16
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = http::HeaderValue::from_static(value);
                headers.append("grpc-retry-pushback-ms", value);
            }
            Pushback::of(&headers)
        };
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["0"]), Some(Pushback::After(Duration::ZERO)));
        assert_eq!(
            read(&["250"]),
            Some(Pushback::After(Duration::from_millis(250)))
        );
        for never in [
            &["-1"][..],
            &["x"],
            &[""],
            &["2147483648"],
            &["1", "1"],
            &["1.5"],
        ] {
            assert_eq!(read(never), Some(Pushback::Never), "{never:?}");
        }
    }
}
