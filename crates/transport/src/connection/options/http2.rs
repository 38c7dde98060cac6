use super::OutOfRange;

const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
const MAX_FRAME: u32 = 32 * 1024;
const MAX_HEADER_LIST: u32 = 64 * 1024;

/// The least that HTTP/2 lets one say of frames, and what holds before anything is said.
const SPEC_FRAME: u32 = 16 * 1024;
/// What a window is before anything is said of it, and the most that HTTP/2 allows.
const SPEC_WINDOW: u32 = 65_535;
const MAX_WINDOW: u32 = (1 << 31) - 1;

/// How much the server may send, and in which pieces.
///
/// All of it bounds what the *server* sends; what the client sends is bounded by the server's own settings.
///
/// | setting | default | unit |
/// |---|---|---|
/// | [`stream_window`](Self::stream_window) | 2 MiB | bytes of one response that are not read yet, at most |
/// | [`connection_window`](Self::connection_window) | 2^31-1 | bytes of all responses that are not read yet |
/// | [`adaptive_window`](Self::adaptive_window) | off | |
/// | [`max_frame`](Self::max_frame) | 32 KiB | bytes of one frame |
/// | [`max_header_list`](Self::max_header_list) | 64 KiB | bytes of one response's headers, and of its trailers |
///
/// # Why the connection window is so large
///
/// Two things hang on it (T-16, L-14). Streams that nobody reads hold back what they were sent: with the 5 MiB that are
/// usual, three streams of 2 MiB stop every other call, with 2^31-1 it takes 1,024. And h2 ends a connection that
/// receives too many small DATA frames: a frame of n < 256 bytes costs 256 - n of a budget of half this window, a larger
/// one gives back n - 256. Frames of a stream of which many wait unread are put together, so of this budget a stream
/// takes 65,280 at most: 5 MiB stand for 40 such streams, 2^31-1 for 16,000. Memory stays bounded by the stream windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http2Options {
    pub(in crate::connection) windows: Windows,
    pub(in crate::connection) max_frame: u32,
    pub(in crate::connection) max_header_list: u32,
}

/// How the windows are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::connection) enum Windows {
    Fixed { stream: u32, connection: u32 },
    Adaptive,
}

impl Windows {
    const DEFAULT: Self = Self::Fixed {
        stream: STREAM_WINDOW,
        connection: MAX_WINDOW,
    };

    /// Fixed sizes, of which one is changed.
    fn fix(&mut self, change: impl FnOnce(&mut u32, &mut u32)) {
        if let Self::Adaptive = self {
            *self = Self::DEFAULT;
        }
        if let Self::Fixed { stream, connection } = self {
            change(stream, connection);
        }
    }
}

impl Http2Options {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            windows: Windows::DEFAULT,
            max_frame: MAX_FRAME,
            max_header_list: MAX_HEADER_LIST,
        }
    }

    /// How much of one response the server may send before it is read, at most, in bytes; the default is 2 MiB.
    ///
    /// It bounds the memory of a stream, and with the round trip its speed: 2 MiB in 20 ms are 100 MB/s. A response
    /// begins with 25,000 bytes, and has 2,000 frames of the size that it comes in from then on, so that small messages
    /// do not pile up in proxies, which count them. A window of 256 KiB and less is given as it is, from the first byte
    /// on. Above 512 MiB it is no larger. Sets fixed windows.
    ///
    /// # Errors
    ///
    /// It is not within 65,535 to 2^31-1.
    pub fn stream_window(mut self, bytes: u32) -> Result<Self, OutOfRange> {
        let bytes = window("stream window", bytes)?;
        self.windows.fix(|stream, _| *stream = bytes);
        Ok(self)
    }

    /// How much of all responses together, in bytes; the default is 2^31-1, [as much as can be](Self).
    ///
    /// Keep it far above what the open streams can hold back. Sets fixed windows.
    ///
    /// # Errors
    ///
    /// It is not within 65,535 to 2^31-1.
    pub fn connection_window(mut self, bytes: u32) -> Result<Self, OutOfRange> {
        let bytes = window("connection window", bytes)?;
        self.windows.fix(|_, connection| *connection = bytes);
        Ok(self)
    }

    /// Lets hyper choose both windows from what it measures of the connection; off by default.
    ///
    /// They start at 65,535 bytes, grow to 16 MiB at most, and are kept equal. So **one response that nobody reads stops
    /// all calls of the connection** (L-25, A-120), and the budget for small frames is at its least. It is of use where
    /// memory is short, and every response is read as it comes. It sends a PING for what it measures, after DATA was
    /// received only (E-11).
    pub fn adaptive_window(mut self) -> Self {
        self.windows = Windows::Adaptive;
        self
    }

    /// How large one frame of the server may be, in bytes; the default is 32 KiB, twice what HTTP/2 begins with.
    ///
    /// A server that makes use of it sends a large message in half as many frames, and each costs a buffer and two reads
    /// here; one that does not loses nothing. A larger frame keeps the other streams waiting for longer: 32 KiB are a
    /// quarter of a millisecond at 1 Gb/s. And fewer CONTINUATION frames are taken for one block of headers, in
    /// proportion: 640 at the default, 1,280 at 16 KiB, never less than 80; with more the connection ends. The server
    /// hears of a header list that fills 64 such frames, at least.
    ///
    /// # Errors
    ///
    /// It is not within 16,384 to 2^24-1.
    pub fn max_frame(mut self, bytes: u32) -> Result<Self, OutOfRange> {
        self.max_frame = OutOfRange::check("frame size", SPEC_FRAME..=(1 << 24) - 1, bytes)?;
        Ok(self)
    }

    /// How large a response's headers may be, and its trailers, in bytes; the default is 64 KiB.
    ///
    /// A field counts with its name, its value and 32 bytes. An answer with larger ones is no success: its call ends with
    /// an error of [`Kind::Exceeded`](crate::error::Kind::Exceeded) that names this limit, and its stream is reset; no
    /// other call is touched. The server hears of a limit of 16 MiB, so that it sends them at all.
    pub fn max_header_list(mut self, bytes: u32) -> Self {
        self.max_header_list = bytes;
        self
    }
}

impl Default for Http2Options {
    fn default() -> Self {
        Self::new()
    }
}

fn window(setting: &'static str, bytes: u32) -> Result<u32, OutOfRange> {
    OutOfRange::check(setting, SPEC_WINDOW..=MAX_WINDOW, bytes)
}
