//! Asks the standard library whether a socket can have this name; here it can have all that the system allows.

use std::{
    io,
    os::{linux::net::SocketAddrExt, unix::net::SocketAddr},
    path::Path,
};

pub(super) fn check_path(path: &Path) -> io::Result<()> {
    SocketAddr::from_pathname(path).map(drop)
}

pub(super) fn check_name(name: &str) -> io::Result<()> {
    SocketAddr::from_abstract_name(name).map(drop)
}
