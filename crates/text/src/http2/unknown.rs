//! Without the feature `http2` no error is one of HTTP/2.

use std::error::Error;

pub(crate) fn is_named(_: &str, _: &(dyn Error + 'static)) -> bool {
    false
}

pub(crate) fn is_http2(_: &(dyn Error + 'static)) -> bool {
    false
}

pub(crate) fn is_bare_code(_: &(dyn Error + 'static)) -> bool {
    false
}
