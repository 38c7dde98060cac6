//! Says in the program's log that a setting is not what was asked for.

use std::fmt::Debug;

use tracing::warn;

/// Gives what is used of a setting, and tells if that is something else; `ziggurat-transport` has such settings too.
pub fn adjusted<T: Debug + PartialEq>(setting: &'static str, asked: &T, used: T) -> T {
    if *asked != used {
        warn!(target: "ziggurat::channel", setting, ?asked, ?used, "a setting is out of its range: the nearest value is used");
    }
    used
}
