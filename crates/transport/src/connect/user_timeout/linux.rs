use std::{io, time::Duration};

use socket2::SockRef;
use tokio::net::TcpStream;

/// Sets `TCP_USER_TIMEOUT`.
pub(super) fn set(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    SockRef::from(stream).set_tcp_user_timeout(Some(timeout))
}
