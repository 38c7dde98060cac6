use std::{error::Error, fmt, io, sync::Arc};

/// An I/O error that is the source of several errors, with the kind and the text of the one.
pub(crate) fn share(error: Arc<io::Error>) -> io::Error {
    io::Error::new(error.kind(), Shared(error))
}

#[derive(Debug)]
struct Shared(Arc<io::Error>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Shared {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // What an `io::Error` wraps, it does not name as its source.
        match self.0.get_ref() {
            Some(wrapped) => Some(wrapped),
            None => Some(&*self.0),
        }
    }
}
