//! Asks the standard library whether a socket can have this name; here it cannot be abstract.

use std::{io, os::unix::net::SocketAddr, path::Path};

pub(super) fn check_path(path: &Path) -> io::Result<()> {
    SocketAddr::from_pathname(path).map(drop)
}

pub(super) fn check_name(_: &str) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "abstract sockets exist on Linux only",
    ))
}
