use std::{io, time::Duration};

use tokio::net::TcpStream;

/// Does nothing: there is no `TCP_USER_TIMEOUT`.
#[expect(clippy::unnecessary_wraps, reason = "the signature is that of Linux")]
pub(super) fn set(_: &TcpStream, _: Duration) -> io::Result<()> {
    Ok(())
}
