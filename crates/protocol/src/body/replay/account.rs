/// Counts what is kept of streams to be sent again: of one, or, together with others, of all that share a budget.
///
/// Dropped, it gives back what it still has. It is asked under the lock of the stream: it must not wait.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering::Relaxed}};
///
/// use ziggurat::{Body, protocol::body::Account};
///
/// /// What is left of a budget, and what this one has of it.
/// struct Of(Arc<AtomicUsize>, usize);
///
/// impl Account for Of {
///     fn take(&mut self, bytes: usize) -> bool {
///         let taken = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes));
///         self.1 += if taken.is_ok() { bytes } else { 0 };
///         taken.is_ok()
///     }
///
///     fn give_back(&mut self, bytes: usize) {
///         self.1 -= bytes;
///         self.0.fetch_add(bytes, Relaxed);
///     }
/// }
///
/// impl Drop for Of {
///     fn drop(&mut self) {
///         self.give_back(self.1);
///     }
/// }
///
/// let left = Arc::new(AtomicUsize::new(1024 * 1024));
/// let (feed, body) = Body::feed();
/// let again = body.try_clone();
/// body.count_in(|| Box::new(Of(Arc::clone(&left), 0)));
/// # drop((feed, again));
/// ```
pub trait Account: Send {
    /// Takes so many bytes more. `false` says that there are not as many, and takes none.
    fn take(&mut self, bytes: usize) -> bool;

    /// Gives so many of those that were taken back.
    fn give_back(&mut self, bytes: usize);
}
