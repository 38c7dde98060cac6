//! The parameters of a SETTINGS frame.

use std::fmt;

/// Names one parameter of a SETTINGS frame; any number can be sent.
///
/// ```
/// use ziggurat_testing::peer::Setting;
///
/// assert_eq!(Setting::MAX_FRAME_SIZE.to_string(), "MAX_FRAME_SIZE");
/// assert_eq!(Setting(0x1a2b).to_string(), "0x1a2b");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Setting(
    /// The identifier as it stands in the frame.
    pub u16,
);

impl Setting {
    /// Size of the header compression table, in bytes (initially 4,096).
    pub const HEADER_TABLE_SIZE: Self = Self(0x1);
    /// Whether server push is allowed, 0 or 1 (initially 1).
    pub const ENABLE_PUSH: Self = Self(0x2);
    /// How many streams the other side may have open (initially unlimited).
    pub const MAX_CONCURRENT_STREAMS: Self = Self(0x3);
    /// The window a new stream starts with, in bytes (initially 65,535).
    pub const INITIAL_WINDOW_SIZE: Self = Self(0x4);
    /// The longest payload of a frame, in bytes (initially 16,384).
    pub const MAX_FRAME_SIZE: Self = Self(0x5);
    /// The longest header list accepted, in bytes (initially unlimited).
    pub const MAX_HEADER_LIST_SIZE: Self = Self(0x6);

    const NAMES: [&str; 6] = [
        "HEADER_TABLE_SIZE",
        "ENABLE_PUSH",
        "MAX_CONCURRENT_STREAMS",
        "INITIAL_WINDOW_SIZE",
        "MAX_FRAME_SIZE",
        "MAX_HEADER_LIST_SIZE",
    ];
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = usize::from(self.0).checked_sub(1);
        match place.and_then(|place| Self::NAMES.get(place)) {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lists the parameters of a SETTINGS frame in the order they are sent.
///
/// An array of pairs converts into it. Repeated and unknown parameters are kept.
///
/// ```
/// use ziggurat_testing::peer::{Setting, Settings};
///
/// let settings = Settings::from([(Setting::MAX_CONCURRENT_STREAMS, 1)]);
/// assert_eq!(settings.get(Setting::MAX_CONCURRENT_STREAMS), Some(1));
/// assert_eq!(settings.get(Setting::MAX_FRAME_SIZE), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(Vec<(Setting, u32)>);

impl Settings {
    /// Returns the value of a parameter; the last one where it is repeated.
    pub fn get(&self, setting: Setting) -> Option<u32> {
        self.iter()
            .rev()
            .find(|(name, _)| *name == setting)
            .map(|(_, value)| value)
    }

    /// Reads the payload of a SETTINGS frame; bytes after the last whole parameter are left out.
    pub(super) fn from_payload(payload: &[u8]) -> Self {
        let (parameters, _) = payload.as_chunks::<6>();
        let parameter = |[a, b, c, d, e, f]: &[u8; 6]| {
            (
                Setting(u16::from_be_bytes([*a, *b])),
                u32::from_be_bytes([*c, *d, *e, *f]),
            )
        };
        parameters.iter().map(parameter).collect()
    }

    /// Iterates over the parameters in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Setting, u32)> + '_ {
        self.0.iter().copied()
    }
}

impl<const N: usize> From<[(Setting, u32); N]> for Settings {
    fn from(settings: [(Setting, u32); N]) -> Self {
        Self(settings.into())
    }
}

impl FromIterator<(Setting, u32)> for Settings {
    fn from_iter<I: IntoIterator<Item = (Setting, u32)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}
