//! One connection of a client, seen from the script.

use std::{fmt, sync::Arc};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Control, Fields, Frame, Log, Options, PeerError, Reason,
    driver::{Shared, drive},
    state::{Input, Output, Owner, State},
};

/// Is the server's end of one HTTP/2 connection, driven frame by frame.
///
/// A task of its own reads and writes, so the client's frames are logged and acknowledged while the script waits for
/// something else. Whatever is sent goes out as it is; nothing is checked.
///
/// Methods that wait have no time limit: a client that never sends what is waited for makes the test hang, unless the
/// connection ends. That nothing *more* is sent is shown by [`barrier`](Self::barrier).
///
/// Dropping it writes what is queued, shuts down the peer's side and reads on until the client closes: a client sees
/// all frames, then the end of the connection. [`tear_down`](Self::tear_down) is the rude way.
pub struct Connection {
    pub(super) shared: Arc<Shared>,
    /// How many frames of the log [`next_frame`](Self::next_frame) has passed.
    passed: usize,
    /// How many frames of the log [`request`](Self::request) has passed.
    requests: usize,
    barriers: u64,
}

/// Holds the beginning of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The stream it came on.
    pub stream: u32,
    /// The fields, pseudo headers included.
    pub fields: Fields,
    /// Whether the request ended with its headers.
    pub end_stream: bool,
}

impl Connection {
    /// Accepts a client at the other end of a pipe or socket, with default [`Options`].
    ///
    /// Returns when the client's preface and SETTINGS arrived. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The client sent something else, or nothing.
    pub async fn over<T>(io: T) -> Result<Self, PeerError>
    where
        T: AsyncRead + AsyncWrite + Send + 'static,
    {
        Self::over_with(io, Options::new()).await
    }

    /// Like [`over`](Self::over), with options.
    pub async fn over_with<T>(io: T, options: Options) -> Result<Self, PeerError>
    where
        T: AsyncRead + AsyncWrite + Send + 'static,
    {
        let greeting = options.greeting_frame();
        let shared = Arc::new(Shared::new(options));
        if let Some(greeting) = greeting {
            shared.lock().queue(&greeting);
        }
        tokio::spawn(drive(io, Arc::clone(&shared)));
        let mut connection = Self {
            shared,
            passed: 0,
            requests: 0,
            barriers: 0,
        };
        match connection.next_any_frame().await? {
            Frame::Settings(_) => Ok(connection),
            frame => Err(PeerError::malformed(format!("{frame} before SETTINGS"))),
        }
    }

    /// Waits for the next request and returns its headers.
    ///
    /// Each request is given once, in the order of arrival. [`next_frame`](Self::next_frame) goes on behind it; frames
    /// before it are found in the [`log`](Self::log).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped; so it is for all methods that wait for frames.
    pub async fn request(&mut self) -> Result<Request, PeerError> {
        let (position, request) = self.find(self.requests, opens_stream).await?;
        self.requests = position + 1;
        self.passed = self.passed.max(position + 1);
        Ok(request)
    }

    /// Waits for the next frame that is not [housekeeping](Frame::is_housekeeping).
    pub async fn next_frame(&mut self) -> Result<Frame, PeerError> {
        self.wait_for(|frame| !frame.is_housekeeping()).await
    }

    /// Waits for the next frame of any kind.
    pub async fn next_any_frame(&mut self) -> Result<Frame, PeerError> {
        self.wait_for(|_| true).await
    }

    /// Waits for the next frame that fits, passing over others.
    pub async fn wait_for(
        &mut self,
        mut fits: impl FnMut(&Frame) -> bool,
    ) -> Result<Frame, PeerError> {
        let pick = |frames: &[Frame], at: usize| fits(&frames[at]).then(|| frames[at].clone());
        let (position, frame) = self.find(self.passed, pick).await?;
        self.passed = position + 1;
        Ok(frame)
    }

    /// Returns what the client sent up to now and [`next_frame`](Self::next_frame) has not given, housekeeping left
    /// out.
    ///
    /// "Up to now" is exact: two PINGs go to the client and back, because clients answer a PING before they send
    /// frames that were ready earlier. What tasks of the client have yet to decide is not waited for.
    ///
    /// # Errors
    ///
    /// The connection ended. Not for connections with [`stop_reading`](Self::stop_reading): the answers would never be
    /// read.
    pub async fn barrier(&mut self) -> Result<Log, PeerError> {
        let from = self.passed;
        for _ in 0..2 {
            let payload = self.barriers.to_be_bytes();
            self.barriers = self.barriers.wrapping_add(1);
            self.ping(payload).await?;
            self.wait_for(|frame| *frame == Frame::PingAck(payload))
                .await?;
        }
        let state = self.shared.lock();
        Ok(state.frames[from..self.passed]
            .iter()
            .cloned()
            .collect::<Log>()
            .calls())
    }

    /// Returns everything the client sent so far.
    pub fn log(&self) -> Log {
        self.shared.lock().frames.iter().cloned().collect()
    }

    /// Waits until the client ended its half of the stream, and returns the bytes of all its DATA.
    ///
    /// # Errors
    ///
    /// [`PeerError::Reset`] if the client reset the stream instead.
    pub async fn body(&self, stream: u32) -> Result<Bytes, PeerError> {
        self.stream_until(stream, |frames| frames.iter().any(Frame::is_end_stream))
            .await
    }

    /// Waits until this many bytes of DATA arrived on the stream, and returns all that did.
    ///
    /// # Errors
    ///
    /// [`PeerError::Reset`] if the client reset the stream first.
    pub async fn body_prefix(&self, stream: u32, bytes: usize) -> Result<Bytes, PeerError> {
        self.stream_until(stream, |frames| data_of(frames).len() >= bytes)
            .await
    }

    /// Waits until the client reset the stream, and returns its code.
    pub async fn reset_of(&self, stream: u32) -> Result<Reason, PeerError> {
        self.shared
            .until_received(|state| reset(state, stream).map(Ok))
            .await
    }

    /// Waits until the client closed the connection.
    ///
    /// # Errors
    ///
    /// Every end but an orderly one, such as an I/O error.
    pub async fn closed(&self) -> Result<(), PeerError> {
        let end = self
            .shared
            .until_received(|_| None::<Result<(), PeerError>>)
            .await;
        match end {
            Err(PeerError::Closed) => Ok(()),
            other => other,
        }
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
        }
        state.wake_driver();
    }

    /// Sets who gives credit back for DATA from now on; see [`Options::windows`].
    pub fn windows(&self, control: Control) {
        self.shared.lock().options.windows = control;
    }

    /// Sets who answers PINGs from now on.
    pub fn ping_acks(&self, control: Control) {
        self.shared.lock().options.ping_acks = control;
    }

    /// Sets who acknowledges SETTINGS from now on.
    pub fn settings_acks(&self, control: Control) {
        self.shared.lock().options.settings_acks = control;
    }

    /// Returns how many bytes of DATA the client may still send on a stream; on the connection, for stream 0.
    ///
    /// Counts what the script granted as if the client had read it. Negative if the client sent too much.
    pub fn client_window(&self, stream: u32) -> i64 {
        self.shared.lock().inbound.left(stream)
    }

    /// Returns how many bytes of DATA the client lets the peer send on a stream; on the connection, for stream 0.
    ///
    /// Negative if the script sent too much.
    pub fn window(&self, stream: u32) -> i64 {
        self.shared.lock().outbound.left(stream)
    }

    /// Waits until the client lets the peer send this many bytes on a stream; on the connection, for stream 0.
    pub async fn wait_for_window(&self, stream: u32, bytes: u32) -> Result<(), PeerError> {
        self.shared
            .until_received(|state| {
                (state.outbound.left(stream) >= i64::from(bytes)).then_some(Ok(()))
            })
            .await
    }

    /// Closes the connection at once, in both directions: what is queued is lost.
    ///
    /// A client of a [`Peer`](super::Peer) sees its connection reset, one at the end of a pipe sees it end.
    pub fn tear_down(self) {
        let mut state = self.shared.lock();
        state.owner = Owner::Torn;
        state.wake_driver();
    }

    async fn find<T>(
        &self,
        from: usize,
        mut pick: impl FnMut(&[Frame], usize) -> Option<T>,
    ) -> Result<(usize, T), PeerError> {
        let mut position = from;
        self.shared
            .until_received(|state| {
                while position < state.frames.len() {
                    if let Some(found) = pick(&state.frames, position) {
                        return Some(Ok((position, found)));
                    }
                    position += 1;
                }
                None
            })
            .await
    }

    async fn stream_until(
        &self,
        stream: u32,
        mut enough: impl FnMut(&[Frame]) -> bool,
    ) -> Result<Bytes, PeerError> {
        self.shared
            .until_received(|state| {
                let frames: Vec<_> = state
                    .frames
                    .iter()
                    .filter(|frame| frame.stream() == stream)
                    .cloned()
                    .collect();
                if enough(&frames) {
                    return Some(Ok(data_of(&frames)));
                }
                reset(state, stream).map(|reason| Err(PeerError::Reset { stream, reason }))
            })
            .await
    }
}

/// Gives the request of HEADERS that are the first on their stream: request trailers are none.
fn opens_stream(frames: &[Frame], at: usize) -> Option<Request> {
    let Frame::Headers {
        stream,
        fields,
        end_stream,
    } = &frames[at]
    else {
        return None;
    };
    let opened = |frame: &Frame| matches!(frame, Frame::Headers { stream: earlier, .. } if earlier == stream);
    if frames[..at].iter().any(opened) {
        return None;
    }
    Some(Request {
        stream: *stream,
        fields: fields.clone(),
        end_stream: *end_stream,
    })
}

fn data_of(frames: &[Frame]) -> Bytes {
    let mut data = BytesMut::new();
    for frame in frames {
        if let Frame::Data { bytes, .. } = frame {
            data.extend_from_slice(bytes);
        }
    }
    data.freeze()
}

pub(super) fn reset(state: &State, stream: u32) -> Option<Reason> {
    state.frames.iter().find_map(|frame| match frame {
        Frame::Reset {
            stream: reset,
            reason,
        } if *reset == stream => Some(*reason),
        _ => None,
    })
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if matches!(state.owner, Owner::Script) {
            state.owner = Owner::Nobody;
        }
        if matches!(state.output, Output::Open) {
            state.output = Output::Closing;
        }
        state.wake_driver();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("log", &self.log())
            .finish_non_exhaustive()
    }
}
