use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed},
};

/// Keeps what a server did with each call, by the call's number.
///
/// It holds the same memory from the beginning to the end.
///
/// ```
/// use ziggurat_soak::Ledger;
///
/// let ledger = Ledger::new(10);
/// ledger.begin(3);
/// ledger.begin(3);
/// assert_eq!((ledger.begun(3), ledger.twice()), (2, 1));
/// ```
#[derive(Debug)]
pub struct Ledger {
    entries: Arc<[Entry]>,
    /// Those that were written down here.
    begun: AtomicUsize,
}

#[derive(Debug, Default)]
struct Entry {
    begun: AtomicU8,
    refused: AtomicU8,
}

impl Ledger {
    /// Opens a ledger for calls 0 to `calls`, which is none of them.
    pub fn new(calls: usize) -> Self {
        Self {
            entries: (0..calls).map(|_| Entry::default()).collect(),
            begun: AtomicUsize::new(0),
        }
    }

    /// Opens a page for one of several servers: it has the same calls, and counts apart how many were begun on it.
    ///
    /// ```
    /// use ziggurat_soak::Ledger;
    ///
    /// let ledger = Ledger::new(10);
    /// let [one, two] = [ledger.page(), ledger.page()];
    /// one.begin(3);
    /// two.begin(3);
    /// two.begin(4);
    /// assert_eq!((one.total(), two.total(), ledger.twice()), (1, 2, 1));
    /// ```
    pub fn page(&self) -> Self {
        Self {
            entries: Arc::clone(&self.entries),
            begun: AtomicUsize::new(0),
        }
    }

    /// Writes down that a call has reached the application.
    pub fn begin(&self, id: usize) {
        if let Some(entry) = self.entries.get(id) {
            entry.begun.fetch_add(1, Relaxed);
            self.begun.fetch_add(1, Relaxed);
        }
    }

    /// Writes down that a call was turned away unseen.
    pub fn refuse(&self, id: usize) {
        if let Some(entry) = self.entries.get(id) {
            entry.refused.fetch_add(1, Relaxed);
        }
    }

    /// Returns how often a call was begun; more than once is what no client may let happen.
    pub fn begun(&self, id: usize) -> u8 {
        self.entries
            .get(id)
            .map_or(0, |entry| entry.begun.load(Relaxed))
    }

    /// Returns how often a call was refused.
    pub fn refused(&self, id: usize) -> u8 {
        let entry = self.entries.get(id);
        entry.map_or(0, |entry| entry.refused.load(Relaxed))
    }

    /// Returns how many calls were begun more than once.
    pub fn twice(&self) -> usize {
        let begun = self.entries.iter().map(|entry| entry.begun.load(Relaxed));
        begun.filter(|begun| *begun > 1).count()
    }

    /// Returns how many calls were begun so far, those that were begun again included, and those of its pages not.
    pub fn total(&self) -> usize {
        self.begun.load(Relaxed)
    }
}
