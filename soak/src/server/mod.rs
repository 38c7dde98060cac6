//! The server: h2, with bad habits.

mod answer;
mod connection;
mod cut;
mod habits;
mod listen;

pub use answer::{CALL, CALL_ID, Flow, LATE, STREAM, UPLOAD};
pub use connection::serve;
pub use habits::{Age, Habits, Refusal};
pub use listen::Server;
