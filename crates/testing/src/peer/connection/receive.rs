//! What a script learns of the client's frames.

use bytes::{Bytes, BytesMut};

use super::{Connection, state::State};
use crate::peer::{Fields, Frame, Log, PeerError, Reason};

/// Holds the beginning of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The stream it came on.
    pub stream: u32,
    /// The fields, pseudo headers included.
    pub fields: Fields,
    /// Whether the request ended with its headers.
    pub end_stream: bool,
}

/// # Receiving
///
/// Methods that wait lose nothing when their future is dropped. They fail with the way the connection ended:
/// [`PeerError::Closed`], [`PeerError::Io`], or [`PeerError::Malformed`] for bytes that are not HTTP/2.
///
/// ```
/// use ziggurat_testing::peer::Connection;
///
/// # async fn call(io: tokio::io::DuplexStream) -> Result<(), h2::Error> {
/// #     let (mut h2, connection) = h2::client::handshake(io).await?;
/// #     tokio::spawn(connection);
/// #     let request = http::Request::post("http://cafe.example/cafe.Machine/MakeLatte").body(()).expect("valid");
/// #     let (response, mut body) = h2.send_request(request, false)?;
/// #     body.send_data("latte".into(), true)?;
/// #     response.await.map(drop)
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (client, server) = tokio::io::duplex(64 * 1024);
/// # tokio::spawn(call(client));
/// # let mut conn = Connection::over(server).await?;
/// let request = conn.request().await?;
/// assert!(!request.end_stream);
/// assert_eq!(conn.next_frame().await?.to_string(), "DATA 1 (5) END_STREAM");
/// assert!(conn.barrier().await?.frames().is_empty(), "the client waits for its answer");
/// assert_eq!(conn.body(request.stream).await?, "latte");
/// assert_eq!(conn.log().calls().lines(), ["HEADERS 1", "DATA 1 (5) END_STREAM"]);
/// # Ok(())
/// # }
/// ```
impl Connection {
    /// Waits for the next request and returns its headers.
    ///
    /// Each request is given once, in the order of arrival. [`next_frame`](Self::next_frame) goes on behind it; frames
    /// before it are found in the [`log`](Self::log).
    pub async fn request(&mut self) -> Result<Request, PeerError> {
        let (position, request) = self.find(self.searched, opened_stream).await?;
        self.searched = position + 1;
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

    /// Returns what the client sent since the last frame given, and no more comes; housekeeping is left out.
    ///
    /// Two PINGs go to the client and back, because clients answer a PING before they send frames that were ready
    /// earlier. So what the client's connection had to send is there; what tasks of the client have yet to decide is
    /// not waited for. With reading stopped the answers never arrive.
    pub async fn barrier(&mut self) -> Result<Log, PeerError> {
        let from = self.passed;
        for _ in 0..2 {
            let payload = (0x7a69_6767 << 32 | u64::from(self.barriers)).to_be_bytes();
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
        self.body_when(stream, |state| {
            state.frames_of(stream).any(Frame::is_end_stream)
        })
        .await
    }

    /// Waits until this many bytes of DATA arrived on the stream, and returns all that did.
    ///
    /// # Errors
    ///
    /// [`PeerError::Reset`] if the client reset the stream first.
    pub async fn body_prefix(&self, stream: u32, bytes: usize) -> Result<Bytes, PeerError> {
        self.body_when(stream, |state| {
            data_of(state, stream).map(Bytes::len).sum::<usize>() >= bytes
        })
        .await
    }

    /// Waits until the client reset the stream, and returns its code.
    pub async fn reset_of(&self, stream: u32) -> Result<Reason, PeerError> {
        self.shared
            .until_received(|state| state.reset_of(stream).map(Ok))
            .await
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

    async fn body_when(
        &self,
        stream: u32,
        enough: impl Fn(&State) -> bool,
    ) -> Result<Bytes, PeerError> {
        self.shared
            .until_received(|state| {
                if enough(state) {
                    return Some(Ok(joined(data_of(state, stream))));
                }
                let reason = state.reset_of(stream)?;
                Some(Err(PeerError::Reset { stream, reason }))
            })
            .await
    }
}

/// Gives the request of HEADERS that are the first on their stream: request trailers are none.
fn opened_stream(frames: &[Frame], at: usize) -> Option<Request> {
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

fn data_of(state: &State, stream: u32) -> impl Iterator<Item = &Bytes> {
    state.frames_of(stream).filter_map(|frame| match frame {
        Frame::Data { bytes, .. } => Some(bytes),
        _ => None,
    })
}

fn joined<'a>(chunks: impl Iterator<Item = &'a Bytes>) -> Bytes {
    let mut all = BytesMut::new();
    for chunk in chunks {
        all.extend_from_slice(chunk);
    }
    all.freeze()
}
