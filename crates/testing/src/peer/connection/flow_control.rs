//! Windows, and reading that stops.

use super::{
    Connection, Control,
    state::{Input, State},
};
use crate::peer::{PeerError, RawFrame};

/// # Flow control
///
/// ```
/// use ziggurat_testing::peer::Connection;
///
/// # async fn call(io: tokio::io::DuplexStream) -> Result<(), h2::Error> {
/// #     let (mut h2, connection) = h2::client::handshake(io).await?;
/// #     tokio::spawn(connection);
/// #     let request = http::Request::post("http://cafe.example/cafe.Machine/Upload").body(()).expect("valid");
/// #     let (response, mut body) = h2.send_request(request, false)?;
/// #     body.send_data(vec![0; 80_000].into(), true)?;
/// #     response.await.map(drop)
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (client, server) = tokio::io::duplex(64 * 1024);
/// # tokio::spawn(call(client));
/// # let mut conn = Connection::over(server).await?;
/// let stream = conn.request().await?.stream; // of a client that uploads 80,000 bytes
/// conn.body_prefix(stream, 65_535).await?;
/// assert_eq!(conn.client_may_send(stream), 0);
///
/// conn.grant(stream, 20_000).await?;
/// assert_eq!(conn.body(stream).await?.len(), 80_000);
/// assert_eq!(conn.client_may_send(stream), 5_535);
/// # Ok(())
/// # }
/// ```
impl Connection {
    /// Lets the client send more bytes on a stream: WINDOW_UPDATE for the connection and for the stream.
    pub async fn grant(&self, stream: u32, bytes: u32) -> Result<(), PeerError> {
        self.frames([
            RawFrame::window_update(0, bytes),
            RawFrame::window_update(stream, bytes),
        ])
        .await
    }

    /// Sends one WINDOW_UPDATE; stream 0 is the connection's window.
    pub async fn window_update(&self, stream: u32, increment: u32) -> Result<(), PeerError> {
        self.frame(RawFrame::window_update(stream, increment)).await
    }

    /// Sets who gives credit back for the client's DATA from now on; see [`Options::windows`](super::Options::windows).
    pub fn windows(&self, control: Control) {
        self.shared.lock().options.windows = control;
    }

    /// Returns how many bytes of DATA the client may still send on a stream; on the connection, for stream 0.
    ///
    /// Counts what the script granted as if the client had read it. Negative if the client sent too much.
    pub fn client_may_send(&self, stream: u32) -> i64 {
        self.shared.lock().inbound.left(stream)
    }

    /// Returns how many bytes of DATA the client lets the peer send on a stream; on the connection, for stream 0.
    ///
    /// Negative if the script sent too much.
    pub fn peer_may_send(&self, stream: u32) -> i64 {
        self.shared.lock().outbound.left(stream)
    }

    /// Waits until the client lets the peer send this many bytes on a stream; on the connection, for stream 0.
    pub async fn wait_to_send(&self, stream: u32, bytes: u32) -> Result<(), PeerError> {
        let allowed = |state: &State| state.outbound.left(stream) >= i64::from(bytes);
        self.shared
            .until_received(|state| allowed(state).then_some(Ok(())))
            .await
    }

    /// Stops reading: from here on, what the client sends stays in the pipe or the socket.
    ///
    /// A client that goes on sending gets stuck when they are full, whatever its windows allow. Dropping the
    /// connection in this state drops what was not read.
    pub fn stop_reading(&self) {
        let mut state = self.shared.lock();
        if matches!(state.input, Input::Reading) {
            state.input = Input::Stopped;
        }
    }

    /// Reads again after [`stop_reading`](Self::stop_reading).
    pub fn resume_reading(&self) {
        let mut state = self.shared.lock();
        if matches!(state.input, Input::Stopped) {
            state.input = Input::Reading;
            state.wake_driver();
        }
    }
}
