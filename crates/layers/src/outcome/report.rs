use std::fmt;

use super::End;

/// Reports one end: the first, or that it was dropped before any.
pub(super) struct Report<F: FnOnce(End<'_>)>(Option<F>);

impl<F: FnOnce(End<'_>)> Report<F> {
    pub(super) fn new(report: F) -> Self {
        Self(Some(report))
    }

    /// Does nothing after the first time.
    pub(super) fn end(&mut self, end: End<'_>) {
        if let Some(report) = self.0.take() {
            report(end);
        }
    }
}

impl<F: FnOnce(End<'_>)> Drop for Report<F> {
    fn drop(&mut self) {
        self.end(End::Dropped);
    }
}

impl<F: FnOnce(End<'_>)> fmt::Debug for Report<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Due" } else { "Given" })
    }
}
