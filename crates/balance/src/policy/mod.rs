//! Which server has a call: policies, and the pickers that they give.
//!
//! A [`Policy`] is asked at each [`Turn`] of the channel: something has changed, or the time came that it had named. It sees
//! all [`Subchannel`]s with their states as they are now, says which of them are to connect, and answers with an
//! [`Outlook`]: the state of the channel, and a [`Picker`]. Nothing is told to it in between, so nothing can be missed, and
//! a thousand changes at once are one turn. It does no I/O and has no clock: its tests are tables.
//!
//! These traits may yet change: they are not stable.
//!
//! # Which one
//!
//! | policy | each call goes | for |
//! |---|---|---|
//! | [`RoundRobin`] | to the next that is ready | servers alike, calls alike |
//! | [`LeastRequest`] | to the less busy of two | calls that differ in what they cost, servers that differ in what they can |
//! | [`PickFirst`] | to the first that answered | one server and its substitutes; a balancer in front of the servers |
//! | `WeightedRoundRobin` | by the load that servers report | servers that report it; with the feature `weighted-round-robin` |
//! | `RingHash` | where those of the same header value go | caches and sessions; with the feature `ring-hash` |
//!
//! Around one of them may stand others:
//!
//! | policy | takes away |
//! |---|---|
//! | [`OutlierDetection`] | servers whose calls fail more than others' |
//! | [`RandomSubsetting`] | all servers but a few, where clients and servers are many |
//! | [`Switch`] | nothing: it becomes another policy while calls go on |
//!
//! Outliers are best looked for among the servers that a client has: `OutlierDetection` inside of `RandomSubsetting`.
//!
//! # What a policy may rely on
//!
//! - It is asked at least after every change. Several changes may be one turn, and a turn may have none.
//! - What it wants, it says at every turn, not only once: a wish that is fulfilled already costs nothing. So it need not
//!   remember what it has said, and a wish that came to nothing is said again.
//! - A subchannel is idle until it is told to connect. If that fails, it tries again by itself, after pauses, and stays in
//!   TRANSIENT_FAILURE until it is ready. If its connection is lost, it is idle.
//! - States say how things are, [counters](Subchannel::failures) what has happened: a connection that was lost and made again
//!   between two turns shows in [`Subchannel::losses`] alone.
//! - A [`Key`] never names another server. Of one that is in no list any more calls are not sent to, whatever a picker says.
//! - Pickers that were given stay in use until the next turn, by many threads. The same one may be given again, and is best
//!   given again as long as nothing has changed: one that counts goes on counting.
//!
//! # Example
//!
//! A policy that sends all calls to the first server that is ready:
//!
//! ```
//! use std::sync::Arc;
//! use ziggurat::balance::policy::{Call, Key, Outlook, Pick, Picker, Policy, State, Turn};
//!
//! struct FirstReady;
//!
//! impl Policy for FirstReady {
//!     fn name(&self) -> &str {
//!         "first_ready"
//!     }
//!
//!     fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
//!         for subchannel in turn.subchannels() {
//!             match subchannel.state() {
//!                 State::Idle => turn.connect(subchannel.key()),
//!                 State::Ready => return Outlook::ready(Arc::new(Only(subchannel.key()))),
//!                 _ => {}
//!             }
//!         }
//!         turn.unready()
//!     }
//! }
//!
//! struct Only(Key);
//!
//! impl Picker for Only {
//!     fn pick(&self, _: &Call<'_>) -> Pick {
//!         Pick::Use(self.0)
//!     }
//! }
//! ```

use std::{any::Any, sync::Arc};

mod invalid;
mod least_request;
mod observer;
mod outlier_detection;
mod petiole;
mod pick_first;
mod picker;
mod random_subsetting;
#[cfg(feature = "ring-hash")]
mod ring_hash;
mod round_robin;
mod subchannel;
mod switch;
mod turn;
mod watch;
#[cfg(feature = "weighted-round-robin")]
mod weighted_round_robin;

pub use invalid::InvalidPolicy;
pub use least_request::LeastRequest;
pub use observer::Observer;
pub use outlier_detection::{
    FailurePercentageEjection, OutlierDetection, OutlierDetector, SuccessRateEjection,
};
pub use pick_first::PickFirst;
pub use picker::{Pick, Picker};
pub use random_subsetting::RandomSubsetting;
#[cfg(feature = "ring-hash")]
pub use ring_hash::{HashKey, RingHash};
pub use round_robin::RoundRobin;
pub use subchannel::{Key, Load, Subchannel};
pub use switch::Switch;
pub use turn::{Outlook, Turn, Wish};
#[cfg(feature = "weighted-round-robin")]
pub use weighted_round_robin::WeightedRoundRobin;
pub use ziggurat_transport::{
    Error,
    channel::{State, many::Call},
};

/// Decides which servers are connected, and which of them has a call.
pub trait Policy: Any + Send {
    /// What it is called, as in a service config: `round_robin`.
    fn name(&self) -> &str;

    /// What its subchannels are; by default one for each endpoint. It is asked again after each [`update`](Self::update).
    fn spread(&self) -> Spread {
        Spread::Endpoints
    }

    /// Something has changed, or the time is there that the last [`Outlook`] asked for.
    ///
    /// There is at least one subchannel. What is connected or connects, and is not wanted, is to be
    /// [let go](Turn::rest) at every turn: another policy may have left it. What it answers is in effect at once: calls that wait are picked for anew, in
    /// their order (G-21).
    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook;

    /// Takes over the settings of another policy, as from a new service config, and goes on with what it has (F-20); or
    /// hands it back, and is replaced. It does so by default.
    ///
    /// ```
    /// use ziggurat::balance::policy::{LeastRequest, Policy, RoundRobin};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut policy = LeastRequest::new();
    /// let more = LeastRequest::new().choice_count(5)?;
    /// assert!(policy.update(Box::new(more)).is_ok());
    /// assert!(policy.update(Box::new(RoundRobin::new())).is_err());
    /// # Ok(())
    /// # }
    /// ```
    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        Err(new)
    }

    /// Whether it picks by what servers say of their [health](crate::channel::HealthCheck); by default it does. If not, they
    /// are not asked.
    ///
    /// Whoever picks by [`Subchannel::reported`] does. It is asked at each turn.
    fn heeds_health(&self) -> bool {
        true
    }

    /// Whether it may ever have an [`observer`](Self::observer); by default not, and then calls are not watched.
    ///
    /// It is asked once, before the first turn: calls that are watched are boxed.
    fn observes(&self) -> bool {
        false
    }

    /// Who is to hear how calls end that the picker of the last turn chooses for; by default nobody, and then it costs
    /// nothing. It is asked after each turn.
    fn observer(&self) -> Option<Arc<dyn Observer>> {
        None
    }
}

impl dyn Policy {
    /// This very policy, if it is one: for [`Policy::update`]. It is handed back if not.
    #[expect(
        clippy::missing_panics_doc,
        reason = "it does not: the type was checked"
    )]
    pub fn downcast<P: Policy>(self: Box<Self>) -> Result<Box<P>, Box<Self>> {
        if !(&*self as &dyn Any).is::<P>() {
            return Err(self);
        }
        let any: Box<dyn Any> = self;
        Ok(any.downcast().expect("it is one"))
    }
}

/// What the subchannels of a policy are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// One for each endpoint. Where that has several addresses, its connection is to the first that answers (G-40).
    Endpoints,
    /// One for each address of each endpoint, for a policy that tries them itself (G-30).
    Addresses,
}
