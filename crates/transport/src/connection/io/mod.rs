//! The byte stream below HTTP/2: checks what comes first, follows the frames of what is read, and collects what is written
//! for one `writev` (T-14).
//!
//! hyper and the driver share it: hyper reads and writes, the driver flushes, once per poll.
//!
//! ```text
//!   stream ──► Preface ──► Walker ──► hyper, h2          what may be read: the driver's gate
//!                             └─────► Streams            whose frame it is, how many wait
//!   stream ◄── Collected ◄─────────── hyper, h2
//! ```

mod collect;
mod head;
mod preface;
mod shared;
mod streams;
#[cfg(test)]
mod tests;
mod walker;
mod wire;

pub(super) use shared::{Failed, Io, Polled, Reads, Unread};
pub(super) use streams::Reader;
pub(super) use walker::News;
pub(super) use wire::Wire;
