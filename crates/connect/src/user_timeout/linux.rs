use std::{io, time::Duration};

use socket2::SockRef;
use tokio::net::TcpStream;

/// Sets `TCP_USER_TIMEOUT`.
pub(super) fn set(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    SockRef::from(stream).set_tcp_user_timeout(Some(timeout))
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::Socket;

    #[tokio::test]
    async fn a_tcp_stream_has_the_timeout_in_the_kernel() {
        // E-7
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stream = Box::new(TcpStream::connect(address).await.unwrap());
        let timeout = Duration::from_millis(12_345);
        stream.set_user_timeout(timeout).unwrap();
        let set = SockRef::from(&*stream).tcp_user_timeout().unwrap();
        assert_eq!(set, Some(timeout));
    }
}
