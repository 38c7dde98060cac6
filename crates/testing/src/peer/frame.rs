//! Frames as the client sent them, decoded.

use std::fmt;

use bytes::Bytes;

use super::{Fields, RawFrame, Reason, Settings};

/// Holds one frame of the client.
///
/// A header block is one `Headers`, however many CONTINUATION frames it took. `Display` is one short line:
///
/// ```
/// use ziggurat_testing::peer::{Frame, Reason};
///
/// let data = Frame::Data { stream: 1, bytes: "twelve bytes".into(), end_stream: true, padding: None };
/// assert_eq!(data.to_string(), "DATA 1 (12) END_STREAM");
/// let reset = Frame::Reset { stream: 1, reason: Reason::CANCEL };
/// assert_eq!(reset.to_string(), "RST_STREAM 1 CANCEL");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// HEADERS with its CONTINUATION frames.
    Headers {
        /// The stream.
        stream: u32,
        /// The fields, decoded, in order.
        fields: Fields,
        /// Whether END_STREAM was set.
        end_stream: bool,
    },
    /// DATA.
    Data {
        /// The stream.
        stream: u32,
        /// The payload without padding.
        bytes: Bytes,
        /// Whether END_STREAM was set.
        end_stream: bool,
        /// The length of the padding, if the frame was padded.
        padding: Option<u8>,
    },
    /// RST_STREAM.
    Reset {
        /// The stream.
        stream: u32,
        /// The error code.
        reason: Reason,
    },
    /// GOAWAY.
    GoAway {
        /// The last stream the client answers for.
        last_stream: u32,
        /// The error code.
        reason: Reason,
        /// The debug data.
        debug: Bytes,
    },
    /// SETTINGS.
    Settings(Settings),
    /// The acknowledgement of SETTINGS.
    SettingsAck,
    /// PING.
    Ping([u8; 8]),
    /// The answer to PING.
    PingAck([u8; 8]),
    /// WINDOW_UPDATE.
    WindowUpdate {
        /// The stream, 0 for the connection.
        stream: u32,
        /// By how many bytes the window grows.
        increment: u32,
    },
    /// PRIORITY.
    Priority {
        /// The stream.
        stream: u32,
    },
    /// A frame of any other type.
    Other(RawFrame),
}

impl Frame {
    /// Returns the stream the frame belongs to, 0 for the connection.
    pub fn stream(&self) -> u32 {
        match self {
            Self::Headers { stream, .. }
            | Self::Data { stream, .. }
            | Self::Reset { stream, .. }
            | Self::WindowUpdate { stream, .. }
            | Self::Priority { stream } => *stream,
            Self::Other(frame) => frame.stream,
            Self::Settings(_)
            | Self::SettingsAck
            | Self::Ping(_)
            | Self::PingAck(_)
            | Self::GoAway { .. } => 0,
        }
    }

    /// Tells whether the frame ends the client's half of its stream properly.
    pub fn is_end_stream(&self) -> bool {
        match self {
            Self::Headers { end_stream, .. } | Self::Data { end_stream, .. } => *end_stream,
            _ => false,
        }
    }

    /// Tells whether the frame only keeps the connection going.
    ///
    /// True for SETTINGS, PING, their acknowledgements, WINDOW_UPDATE and PRIORITY: what scripts about calls skip.
    pub fn is_housekeeping(&self) -> bool {
        match self {
            Self::Settings(_)
            | Self::SettingsAck
            | Self::Ping(_)
            | Self::PingAck(_)
            | Self::WindowUpdate { .. }
            | Self::Priority { .. } => true,
            Self::Headers { .. }
            | Self::Data { .. }
            | Self::Reset { .. }
            | Self::GoAway { .. }
            | Self::Other(_) => false,
        }
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Headers { stream, .. } => write!(f, "HEADERS {stream}")?,
            Self::Data { stream, bytes, .. } => write!(f, "DATA {stream} ({})", bytes.len())?,
            Self::Reset { stream, reason } => write!(f, "RST_STREAM {stream} {reason}")?,
            Self::GoAway {
                last_stream,
                reason,
                ..
            } => write!(f, "GOAWAY {last_stream} {reason}")?,
            Self::Settings(_) => f.write_str("SETTINGS")?,
            Self::SettingsAck => f.write_str("SETTINGS ACK")?,
            Self::Ping(_) => f.write_str("PING")?,
            Self::PingAck(_) => f.write_str("PING ACK")?,
            Self::WindowUpdate { stream, increment } => {
                write!(f, "WINDOW_UPDATE {stream} +{increment}")?;
            }
            Self::Priority { stream } => write!(f, "PRIORITY {stream}")?,
            Self::Other(RawFrame {
                kind,
                stream,
                payload,
                ..
            }) => {
                write!(f, "FRAME {:#x} {stream} ({})", kind.0, payload.len())?;
            }
        }
        if self.is_end_stream() {
            f.write_str(" END_STREAM")?;
        }
        Ok(())
    }
}
