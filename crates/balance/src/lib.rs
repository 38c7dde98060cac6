//! Many servers behind one name: who finds them, who chooses among them, and the channel that stands between.
//!
//! ```text
//! call ── picks by ──► picker            published whole, with the subchannels it speaks of
//!                        ▲
//!           policy ──────┘ gives one at each turn
//!             ▲  ▲
//!             │  └────── states of the subchannels
//! resolver ───┘ endpoints
//! ```
//!
//! A [`Resolver`] tells the [`Endpoint`]s of a name, and goes on telling them. A [`Policy`] is asked whenever something
//! changed, and answers with a [`Picker`](policy::Picker). Both are traits, so that a registry or a policy of one's own is
//! few lines; the ones that gRPC names are here.

pub mod channel;
pub mod endpoint;
pub mod policy;
pub mod resolve;

pub use endpoint::{Address, Endpoint, InvalidAddress};
pub use policy::{LeastRequest, OutlierDetection, PickFirst, Policy, RoundRobin};
pub use resolve::{Discovered, Fixed, Resolver, System, Updates};
