//! `pick_first`: one connection, to the first address that answers.
//!
//! Three parts, each with tests of its own behaviour: the order in which addresses are tried, which is settled once for each
//! list; the pass through them, which begins one attempt after the other; and the policy around both, which knows whether
//! there is a server, whether one is being found, and who has to ask before one is.
//!
//! It decides by the raw state of subchannels, never by the reported one: with a single connection there is nothing better
//! to turn to when that is unhealthy, and what petiole policies add to it their subchannels have already (G-35).

mod order;
mod pass;
mod policy;

pub use policy::PickFirst;
