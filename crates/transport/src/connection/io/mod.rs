//! The byte stream below HTTP/2: checks what comes first, and collects what is written for one `writev` (T-14).
//!
//! hyper and the driver share it: hyper reads and writes, the driver flushes, once per poll.

mod collect;
mod preface;
mod shared;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use shared::{Failed, Io};
pub(super) use wire::Wire;
