//! Every frame that calls send, told by a scripted peer at the other end of a real channel.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod again;
mod cafe;
mod cancelled;
mod classified;
mod clock;
mod deadline;
mod dropped;
mod ending;
mod failing;
mod foreign;
mod hedged;
mod indexing;
mod metadata;
mod opened;
mod paths;
mod reading_first;
mod request;
mod retried;
mod sending;
mod stuck;
mod timeout;
mod window;
