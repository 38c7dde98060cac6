//! The byte stream below HTTP/2: reads what has come at once, checks what comes first, follows the frames, and collects
//! what is written for one `writev` (T-14).
//!
//! hyper and the driver share it: hyper reads and writes, the driver flushes, once per poll.
//!
//! ```text
//!   stream ──► Ahead ──► Preface ──► Walker ─► Spill ──► hyper, h2     what may be read: the driver's gate
//!                                     │  └──► Backlog ──┘              small frames of readers that are behind
//!                                     └─────► Streams                  whose frame it is, how many wait
//!                                                │ Governor            how much more is granted
//!   stream ◄── Collected ◄─┬── grants ◄──────────┘
//!                          └── Outgoing ◄─────────────── hyper, h2     without windows of streams
//! ```

mod ahead;
mod backlog;
mod collect;
mod governor;
mod head;
mod ids;
mod outgoing;
mod preface;
mod shared;
mod spill;
mod streams;
#[cfg(test)]
mod tests;
mod walker;
mod watch;
mod window;
mod wire;

pub(super) use ids::method;
pub(super) use shared::{Failed, Io, Polled, Reads, Unread};
pub(super) use streams::FrameLimits;
pub(super) use walker::News;
pub(super) use watch::Reader;
pub(super) use window::STEP;
pub(super) use wire::Wire;
