//! The little of gRPC that most scripts need.

use bytes::{BufMut, Bytes};

use super::Connection;
use crate::peer::PeerError;

/// Puts the five-byte prefix of gRPC before a message: not compressed, length.
///
/// ```
/// use ziggurat_testing::peer::grpc_message;
///
/// assert_eq!(grpc_message(b"hi"), b"\x00\x00\x00\x00\x02hi");
/// ```
pub fn grpc_message(message: impl AsRef<[u8]>) -> Vec<u8> {
    let message = message.as_ref();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut framed = Vec::with_capacity(5 + message.len());
    framed.put_u8(0);
    framed.put_u32(length);
    framed.put_slice(message);
    framed
}

/// # gRPC
impl Connection {
    /// Sends the response headers of a gRPC call: 200 and `application/grpc`.
    pub async fn grpc_headers(&self, stream: u32) -> Result<(), PeerError> {
        self.headers(
            stream,
            [(":status", "200"), ("content-type", "application/grpc")],
        )
        .await
    }

    /// Sends one gRPC message, prefix included, as [paced DATA](Self::paced_data).
    pub async fn message(&self, stream: u32, message: impl AsRef<[u8]>) -> Result<(), PeerError> {
        self.paced_data(stream, Bytes::from(grpc_message(message)))
            .await
    }

    /// Sends a whole gRPC response with status OK: headers, messages, trailers.
    ///
    /// Waits for the client's windows where they are too small for the messages.
    pub async fn respond_ok<M: AsRef<[u8]>>(
        &self,
        stream: u32,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<(), PeerError> {
        self.grpc_headers(stream).await?;
        for message in messages {
            self.message(stream, message).await?;
        }
        self.trailers(stream, [("grpc-status", "0")]).await
    }

    /// Sends a gRPC response that is nothing but a status (Trailers-Only).
    ///
    /// The message is sent as it stands: what gRPC wants percent-encoded, the script encodes.
    pub async fn respond_status(
        &self,
        stream: u32,
        code: u32,
        message: &str,
    ) -> Result<(), PeerError> {
        let code = code.to_string();
        let fields = [
            (":status", "200"),
            ("content-type", "application/grpc"),
            ("grpc-status", &code),
            ("grpc-message", message),
        ];
        self.trailers(stream, fields).await
    }
}
