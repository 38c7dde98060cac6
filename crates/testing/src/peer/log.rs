//! What the client sent, in order.

use std::fmt;

use super::Frame;

/// Lists the client's frames in the order they arrived.
///
/// `Debug` and `Display` are one line a frame, so a failed assertion shows what happened.
///
/// ```
/// use ziggurat_testing::peer::{Frame, Log, Reason};
///
/// let reset = Frame::Reset { stream: 3, reason: Reason::CANCEL };
/// let log: Log = [Frame::SettingsAck, Frame::PingAck([0; 8]), reset].into_iter().collect();
/// assert_eq!(log.lines(), ["SETTINGS ACK", "PING ACK", "RST_STREAM 3 CANCEL"]);
/// assert_eq!(log.calls().lines(), ["RST_STREAM 3 CANCEL"]);
/// assert_eq!(log.stream(3), log.calls());
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Log(Vec<Frame>);

impl Log {
    /// Returns the frames.
    pub fn frames(&self) -> &[Frame] {
        &self.0
    }

    /// Returns each frame as its line, such as `DATA 1 (12) END_STREAM`.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(Frame::to_string).collect()
    }

    /// Keeps what belongs to calls and leaves [housekeeping](Frame::is_housekeeping) out.
    pub fn calls(&self) -> Self {
        self.only(|frame| !frame.is_housekeeping())
    }

    /// Keeps what belongs to one stream; stream 0 is the connection.
    pub fn stream(&self, stream: u32) -> Self {
        self.only(|frame| frame.stream() == stream)
    }

    fn only(&self, keep: impl Fn(&Frame) -> bool) -> Self {
        self.0.iter().filter(|frame| keep(frame)).cloned().collect()
    }
}

impl FromIterator<Frame> for Log {
    fn from_iter<I: IntoIterator<Item = Frame>>(frames: I) -> Self {
        Self(frames.into_iter().collect())
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, frame) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{frame}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}
