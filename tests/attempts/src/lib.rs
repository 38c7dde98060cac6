//! When the attempts of a call leave: scripts of what a server does, and tables of what gRFC A6 makes of them.
//!
//! [`TABLE`] is written down from A6 by hand. A [`Server`] plays a script's part frame by frame and keeps what it saw. The
//! tests call it through a channel of ours on a paused clock; the binary has it called by clients of others, in real time.

mod pipes;
mod script;
mod server;
mod table;

pub use pipes::builder;
pub use script::{Answer, Attempt, Does, End, Other, Policy, Script, When};
pub use server::{Seen, Server, WARM_UP};
pub use table::TABLE;
