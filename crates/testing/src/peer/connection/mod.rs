//! One connection of a client: what the script sees, and the task behind it.
//!
//! ```text
//! script ── accept · receive · send · flow_control · grpc · script
//!    │          wait for state, change state
//!  state ───── log, flow control, automatic answers; no I/O
//!    │          read, write, wake
//!  driver ──── the task that has the socket or pipe
//! ```

mod accept;
mod driver;
mod flow_control;
mod grpc;
mod options;
mod receive;
mod script;
mod send;
mod state;
mod windows;

pub use accept::Connection;
pub use grpc::grpc_message;
pub use options::{Control, Options};
pub use receive::Request;
pub use script::Script;
