//! There are no unix sockets on this system.

use std::{io, path::Path};

pub(super) fn check_path(_: &Path) -> io::Result<()> {
    Err(unsupported())
}

pub(super) fn check_name(_: &str) -> io::Result<()> {
    Err(unsupported())
}

fn unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no unix sockets",
    )
}
