//! What a script sends.

use bytes::Bytes;

use super::{
    Connection, Control,
    state::{Input, State},
};
use crate::peer::{Fields, HeaderBlock, PeerError, RawFrame, Reason, Settings};

/// # Sending
///
/// Each method returns when the bytes were handed to the pipe or the socket, so a client that does not read makes them
/// wait. A future dropped after its first poll still sends whole frames.
///
/// The client's windows and the state of the stream do not matter, except to [`paced_data`](Self::paced_data) and what
/// is built on it. Sending fails with [`PeerError::Io`] when the client is gone and with [`PeerError::Closed`] after
/// [`hang_up`](Self::hang_up).
///
/// ```
/// use ziggurat_testing::peer::{Connection, HeaderBlock, RawFrame};
///
/// # async fn call(io: tokio::io::DuplexStream) -> Result<(), h2::Error> {
/// #     let (mut h2, connection) = h2::client::handshake(io).await?;
/// #     tokio::spawn(connection);
/// #     let request = http::Request::post("http://cafe.example/cafe.Machine/MakeLatte").body(()).expect("valid");
/// #     let (response, _) = h2.send_request(request, true)?;
/// #     let mut body = response.await?.into_body();
/// #     assert_eq!(body.data().await.expect("DATA")?, "latte");
/// #     assert_eq!(body.trailers().await?.expect("trailers")["grpc-status"], "0");
/// #     Ok(())
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (client, server) = tokio::io::duplex(64 * 1024);
/// # let call = tokio::spawn(call(client));
/// # let mut conn = Connection::over(server).await?;
/// let stream = conn.request().await?.stream;
/// conn.informational(stream, 103).await?;
/// // HEADERS and CONTINUATION, three bytes of the block in each.
/// conn.block(&HeaderBlock::new(stream, [(":status", "200")]).split(3)).await?;
/// conn.data(stream, "").await?;
/// conn.frame(RawFrame::data(stream, "latte").padded(255)).await?;
/// conn.trailers(stream, [("grpc-status", "0")]).await?;
/// # call.await??;
/// # Ok(())
/// # }
/// ```
impl Connection {
    /// Sends a frame as it is.
    ///
    /// DATA, WINDOW_UPDATE and SETTINGS are counted for flow control, however they are sent; the limits that SETTINGS
    /// announces hold for what the client sends from then on.
    pub async fn frame(&self, frame: RawFrame) -> Result<(), PeerError> {
        self.frames([frame]).await
    }

    /// Sends frames in one go.
    pub async fn frames(
        &self,
        frames: impl IntoIterator<Item = RawFrame>,
    ) -> Result<(), PeerError> {
        self.queue(|state| frames.into_iter().for_each(|frame| state.queue(&frame)))
            .await
    }

    /// Sends bytes that need not be a frame.
    ///
    /// They are not looked at, so whole frames hidden in them do not count for flow control.
    pub async fn bytes(&self, bytes: impl AsRef<[u8]>) -> Result<(), PeerError> {
        self.queue(|state| state.queue_bytes(bytes.as_ref())).await
    }

    /// Sends HEADERS: the beginning of a response, or one block too many.
    ///
    /// A block of more than 16,384 bytes goes on in CONTINUATION.
    pub async fn headers(&self, stream: u32, fields: impl Into<Fields>) -> Result<(), PeerError> {
        self.block(&HeaderBlock::new(stream, fields)).await
    }

    /// Sends HEADERS with END_STREAM: trailers, or a response that is nothing but headers.
    pub async fn trailers(&self, stream: u32, fields: impl Into<Fields>) -> Result<(), PeerError> {
        self.block(&HeaderBlock::new(stream, fields).end_stream())
            .await
    }

    /// Sends HEADERS and CONTINUATION in one go.
    pub async fn block(&self, block: &HeaderBlock) -> Result<(), PeerError> {
        self.frames(block.frames()).await
    }

    /// Sends an informational response, such as 103.
    pub async fn informational(&self, stream: u32, status: u16) -> Result<(), PeerError> {
        self.headers(stream, [(":status", status.to_string())])
            .await
    }

    /// Sends one DATA frame, whatever its size: even empty, or longer than the client accepts.
    pub async fn data(&self, stream: u32, bytes: impl Into<Bytes>) -> Result<(), PeerError> {
        self.frame(RawFrame::data(stream, bytes)).await
    }

    /// Sends one DATA frame with END_STREAM.
    pub async fn last_data(&self, stream: u32, bytes: impl Into<Bytes>) -> Result<(), PeerError> {
        self.frame(RawFrame::data(stream, bytes).end_stream()).await
    }

    /// Sends bytes as DATA frames that the client's windows and frame size allow, waiting for credit.
    ///
    /// Dropping the future leaves the rest unsent.
    ///
    /// # Errors
    ///
    /// [`PeerError::Reset`] if the client reset the stream while the peer waited; or the connection ended.
    pub async fn paced_data(&self, stream: u32, bytes: impl Into<Bytes>) -> Result<(), PeerError> {
        let mut rest = bytes.into();
        while !rest.is_empty() {
            self.shared
                .until(|state| send_allowed(state, stream, &mut rest))
                .await?;
            self.flushed().await?;
        }
        Ok(())
    }

    /// Sends RST_STREAM.
    pub async fn reset(&self, stream: u32, reason: Reason) -> Result<(), PeerError> {
        self.frame(RawFrame::reset(stream, reason)).await
    }

    /// Sends SETTINGS: the greeting of a [silent](super::Options::silent) connection, or a change.
    pub async fn settings(&self, settings: impl Into<Settings>) -> Result<(), PeerError> {
        self.frame(RawFrame::settings(&settings.into())).await
    }

    /// Sends the acknowledgement of SETTINGS.
    pub async fn settings_ack(&self) -> Result<(), PeerError> {
        self.frame(RawFrame::settings_ack()).await
    }

    /// Sends PING.
    pub async fn ping(&self, payload: [u8; 8]) -> Result<(), PeerError> {
        self.frame(RawFrame::ping(payload)).await
    }

    /// Sends the answer to a PING.
    pub async fn ping_ack(&self, payload: [u8; 8]) -> Result<(), PeerError> {
        self.frame(RawFrame::ping_ack(payload)).await
    }

    /// Sends GOAWAY: streams above the last one were not processed.
    pub async fn go_away(
        &self,
        last_stream: u32,
        reason: Reason,
        debug: impl AsRef<[u8]>,
    ) -> Result<(), PeerError> {
        self.frame(RawFrame::go_away(last_stream, reason, debug))
            .await
    }

    /// Sends PUSH_PROMISE, which no gRPC client allows.
    pub async fn push_promise(
        &self,
        stream: u32,
        promised: u32,
        fields: impl Into<Fields>,
    ) -> Result<(), PeerError> {
        self.frame(RawFrame::push_promise(stream, promised, &fields.into()))
            .await
    }

    /// Sends the first bytes of a frame, then [hangs up](Self::hang_up).
    ///
    /// The frame header is nine bytes; more than the frame has counts as the whole frame.
    pub async fn cut(&self, frame: RawFrame, bytes: usize) -> Result<(), PeerError> {
        let frame = frame.encode();
        self.bytes(frame.slice(..bytes.min(frame.len()))).await?;
        self.hang_up().await
    }

    /// Sets who acknowledges SETTINGS from now on.
    pub fn settings_acks(&self, control: Control) {
        self.shared.lock().options.settings_acks = control;
    }

    /// Sets who answers PINGs from now on.
    pub fn ping_acks(&self, control: Control) {
        self.shared.lock().options.ping_acks = control;
    }

    /// Changes the state, then waits until all that is queued was written.
    pub(super) async fn queue(&self, change: impl FnOnce(&mut State)) -> Result<(), PeerError> {
        {
            let mut state = self.shared.lock();
            state.writable()?;
            change(&mut state);
            state.wake_driver();
        }
        self.flushed().await
    }

    async fn flushed(&self) -> Result<(), PeerError> {
        let mark = self.shared.lock().mark();
        self.shared.until(|state| state.reached(mark)).await
    }
}

/// Queues as much of the bytes as the client allows in one frame; `None` if that is nothing.
fn send_allowed(state: &mut State, stream: u32, rest: &mut Bytes) -> Option<Result<(), PeerError>> {
    if let Err(error) = state.writable() {
        return Some(Err(error));
    }
    if let Some(reason) = state.reset_of(stream) {
        return Some(Err(PeerError::Reset { stream, reason }));
    }
    let window = usize::try_from(state.outbound.left(stream)).unwrap_or(0);
    let allowed = window.min(state.client_max_frame_size).min(rest.len());
    if allowed > 0 {
        state.queue(&RawFrame::data(stream, rest.split_to(allowed)));
        state.wake_driver();
        return Some(Ok(()));
    }
    match &state.input {
        Input::Ended(error) => Some(Err(error.clone())),
        Input::Reading | Input::Stopped => None,
    }
}
