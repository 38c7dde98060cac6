//! How a connection begins, and what it does without being told.

use crate::peer::{RawFrame, Settings};

/// Says who does the housekeeping of a connection.
///
/// ```
/// use ziggurat_testing::peer::{Control, Options};
///
/// // A server that reads PINGs and answers none: to keepalive it is dead.
/// let mute = Options::new().ping_acks(Control::Scripted);
/// # let _ = mute;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Control {
    /// The connection does it at once.
    Automatic,
    /// The script does it, or leaves it undone.
    Scripted,
}

/// Holds how the peer greets a client and what it does by itself.
///
/// By default it greets with empty SETTINGS, acknowledges SETTINGS and PING, and grants no window beyond the initial
/// 65,535 bytes.
///
/// ```
/// use ziggurat_testing::peer::{Control, Options, Setting};
///
/// let options = Options::new()
///     .settings([(Setting::MAX_CONCURRENT_STREAMS, 1)])
///     .windows(Control::Automatic);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) greeting: Option<Settings>,
    pub(super) settings_acks: Control,
    pub(super) ping_acks: Control,
    pub(super) windows: Control,
}

impl Options {
    /// Creates the default options.
    pub fn new() -> Self {
        Self {
            greeting: Some(Settings::default()),
            settings_acks: Control::Automatic,
            ping_acks: Control::Automatic,
            windows: Control::Scripted,
        }
    }

    /// Greets with these SETTINGS.
    pub fn settings(mut self, settings: impl Into<Settings>) -> Self {
        self.greeting = Some(settings.into());
        self
    }

    /// Sends nothing until the script does: no SETTINGS, no acknowledgement of the client's.
    pub fn silent(mut self) -> Self {
        self.greeting = None;
        self.settings_acks(Control::Scripted)
    }

    /// Sets who acknowledges the client's SETTINGS (default: automatic).
    pub fn settings_acks(mut self, control: Control) -> Self {
        self.settings_acks = control;
        self
    }

    /// Sets who answers the client's PINGs (default: automatic).
    pub fn ping_acks(mut self, control: Control) -> Self {
        self.ping_acks = control;
        self
    }

    /// Sets who gives credit back for the client's DATA (default: the script).
    ///
    /// Automatic: each DATA frame is answered with WINDOW_UPDATE of its size for the connection and, until the stream
    /// ends, for the stream.
    pub fn windows(mut self, control: Control) -> Self {
        self.windows = control;
        self
    }

    pub(super) fn greeting_frame(&self) -> Option<RawFrame> {
        self.greeting.as_ref().map(RawFrame::settings)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}
