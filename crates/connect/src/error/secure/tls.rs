use std::{error::Error, fmt};

use super::{BoxError, chain::find};

/// Why TLS broke off: a sentence for people, and the error of the library that found it as source.
#[derive(Debug)]
pub(crate) struct Explained {
    sentence: String,
    source: BoxError,
}

impl Explained {
    pub(crate) fn new(sentence: String, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        Self { sentence, source }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl Error for Explained {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// Whether TLS broke off, and it was said why.
pub fn is_tls(error: &(dyn Error + 'static)) -> bool {
    find::<Explained>(error).is_some()
}
