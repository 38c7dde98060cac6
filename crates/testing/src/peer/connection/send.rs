//! What a script sends.

use std::future::Future;

use bytes::Bytes;

use super::{
    Connection, Fields, HeaderBlock, PeerError, RawFrame, Reason, Settings,
    connection::reset,
    state::{Input, Output, State},
};

/// # Sending
///
/// Each method returns when the bytes were handed to the pipe or the socket, so a client that does not read makes them
/// wait. A future dropped after its first poll still sends whole frames.
///
/// None of them looks at the client's windows or at the state of the stream, but [`message`](Self::message) does.
impl Connection {
    /// Sends a frame as it is.
    pub async fn frame(&self, frame: RawFrame) -> Result<(), PeerError> {
        self.frames([frame]).await
    }

    /// Sends frames in one go.
    pub async fn frames(
        &self,
        frames: impl IntoIterator<Item = RawFrame>,
    ) -> Result<(), PeerError> {
        let queued = self.queue(|state| {
            for frame in frames {
                state.queue(&frame);
            }
        });
        queued.await
    }

    /// Sends bytes that need not be a frame.
    pub async fn bytes(&self, bytes: impl AsRef<[u8]>) -> Result<(), PeerError> {
        self.queue(|state| state.queue_bytes(bytes.as_ref())).await
    }

    /// Sends HEADERS.
    pub async fn headers(&self, stream: u32, fields: impl Into<Fields>) -> Result<(), PeerError> {
        self.block(&HeaderBlock::new(stream, fields)).await
    }

    /// Sends HEADERS with END_STREAM: trailers, or a response that is nothing but headers.
    pub async fn trailers(&self, stream: u32, fields: impl Into<Fields>) -> Result<(), PeerError> {
        self.block(&HeaderBlock::new(stream, fields).end_stream())
            .await
    }

    /// Sends HEADERS and CONTINUATION.
    pub async fn block(&self, block: &HeaderBlock) -> Result<(), PeerError> {
        self.frames(block.frames()).await
    }

    /// Sends an informational response, such as 103.
    pub async fn informational(&self, stream: u32, status: u16) -> Result<(), PeerError> {
        self.headers(stream, [(":status", status.to_string())])
            .await
    }

    /// Sends one DATA frame, whatever its size.
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

    /// Sends SETTINGS.
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

    /// Sends PUSH_PROMISE.
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
    pub async fn cut(&self, frame: RawFrame, bytes: usize) -> Result<(), PeerError> {
        let frame = frame.encode();
        self.bytes(frame.slice(..bytes.min(frame.len()))).await?;
        self.hang_up().await
    }

    /// Ends the peer's direction of the connection; the client's frames are still read.
    pub async fn hang_up(&self) -> Result<(), PeerError> {
        let closing = self.queue(|state| {
            if matches!(state.output, Output::Open) {
                state.output = Output::Closing;
            }
        });
        closing.await?;
        self.shared
            .until(|state| match &state.output {
                Output::Ended(PeerError::Closed) => Some(Ok(())),
                Output::Ended(error) => Some(Err(error.clone())),
                Output::Open | Output::Closing => None,
            })
            .await
    }

    /// Changes the state, then waits until all that is queued was written.
    fn queue(
        &self,
        change: impl FnOnce(&mut State),
    ) -> impl Future<Output = Result<(), PeerError>> {
        let ended = {
            let mut state = self.shared.lock();
            match &state.output {
                Output::Open => {
                    change(&mut state);
                    state.wake_driver();
                    None
                }
                Output::Closing => Some(PeerError::Closed),
                Output::Ended(error) => Some(error.clone()),
            }
        };
        async move {
            match ended {
                Some(error) => Err(error),
                None => self.flushed().await,
            }
        }
    }

    async fn flushed(&self) -> Result<(), PeerError> {
        let mark = self.shared.lock().mark();
        self.shared.until(|state| state.reached(mark)).await
    }
}

/// Queues as much of the bytes as the client allows in one frame; `None` if that is nothing.
fn send_allowed(state: &mut State, stream: u32, rest: &mut Bytes) -> Option<Result<(), PeerError>> {
    if let Output::Ended(error) = &state.output {
        return Some(Err(error.clone()));
    }
    if let Some(reason) = reset(state, stream) {
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
