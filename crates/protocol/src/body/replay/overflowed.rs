use std::{error::Error, fmt};

/// Why a body that is one of several of the same stream ends before its end: what it would have to give next was not
/// kept, for it was more than may be (C-26).
///
/// Another one, which was ahead, goes on: [`Body::poll_overflow`](crate::Body::poll_overflow) tells which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overflowed;

impl fmt::Display for Overflowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request cannot be sent again: more of it was sent than is kept")
    }
}

impl Error for Overflowed {}
