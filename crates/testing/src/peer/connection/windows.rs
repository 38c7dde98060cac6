//! Flow control in one direction.

use std::collections::HashMap;

use crate::peer::{Setting, Settings};

/// Counts what one side may still send, on the connection and on each stream.
///
/// Windows may be negative: a smaller initial size shrinks those in use, and scripts may overrun them.
#[derive(Debug)]
pub(super) struct Windows {
    connection: i64,
    initial: i64,
    /// What each stream has gained and spent, apart from the initial size.
    spent: HashMap<u32, i64>,
}

impl Windows {
    pub(super) fn new() -> Self {
        Self {
            connection: 65_535,
            initial: 65_535,
            spent: HashMap::new(),
        }
    }

    /// Takes over an announced initial size, which moves the windows of open streams too.
    pub(super) fn announced(&mut self, settings: &Settings) {
        if let Some(size) = settings.get(Setting::INITIAL_WINDOW_SIZE) {
            self.initial = size.into();
        }
    }

    /// Counts bytes of DATA, padding included.
    pub(super) fn spend(&mut self, stream: u32, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.connection = self.connection.saturating_sub(bytes);
        let spent = self.spent.entry(stream).or_default();
        *spent = spent.saturating_sub(bytes);
    }

    /// Counts a WINDOW_UPDATE.
    pub(super) fn gain(&mut self, stream: u32, increment: u32) {
        let window = if stream == 0 {
            &mut self.connection
        } else {
            self.spent.entry(stream).or_default()
        };
        *window = window.saturating_add(increment.into());
    }

    /// What may be sent on a stream now; on stream 0, on the connection.
    pub(super) fn left(&self, stream: u32) -> i64 {
        if stream == 0 {
            return self.connection;
        }
        let spent = self.spent.get(&stream).copied().unwrap_or_default();
        self.initial.saturating_add(spent).min(self.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_window_counts() {
        let mut windows = Windows::new();
        windows.spend(1, 60_000);
        assert_eq!(
            (windows.left(1), windows.left(3), windows.left(0)),
            (5_535, 5_535, 5_535)
        );
        windows.gain(0, 100_000);
        assert_eq!((windows.left(1), windows.left(3)), (5_535, 65_535));
        windows.gain(1, 10);
        assert_eq!(windows.left(1), 5_545);
    }

    #[test]
    fn a_new_initial_size_moves_open_streams() {
        let mut windows = Windows::new();
        windows.spend(1, 100);
        windows.announced(&[(Setting::INITIAL_WINDOW_SIZE, 50)].into());
        assert_eq!((windows.left(1), windows.left(3)), (-50, 50));
        windows.announced(&Settings::default());
        assert_eq!(windows.left(3), 50);
    }
}
