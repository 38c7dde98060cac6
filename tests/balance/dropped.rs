//! What a policy drops: it fails at once, whatever it waits for, and nobody sends it again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tower::{Layer, Service};
use ziggurat::{
    Channel, Code, Outcome,
    balance::{
        Fixed, Policy,
        policy::{Call, Error, Outlook, Pick, Picker, State, Turn},
    },
    layers::{
        hedge::{HedgeLayer, HedgingPolicy},
        retry::{RetryLayer, RetryPolicy},
    },
};

use crate::town::{Town, endpoints, named, patient, send};

/// Drops all calls, or fails them, and counts its picks.
struct No {
    drops: bool,
    picks: Arc<AtomicUsize>,
}

impl Policy for No {
    fn name(&self) -> &'static str {
        "no"
    }

    fn turn(&mut self, _: &mut Turn<'_>) -> Outlook {
        let picker = No {
            drops: self.drops,
            picks: self.picks.clone(),
        };
        Outlook::new(State::TransientFailure, Arc::new(picker))
    }
}

impl Picker for No {
    fn pick(&self, _: &Call<'_>) -> Pick {
        self.picks.fetch_add(1, Ordering::Relaxed);
        let error = Error::no_server("too many of these");
        if self.drops {
            Pick::Drop(error)
        } else {
            Pick::Fail(error)
        }
    }
}

/// A channel that takes no call, and what counts the picks for calls that begin from now on.
async fn channel(drops: bool) -> (Channel, Arc<AtomicUsize>) {
    let picks = Arc::new(AtomicUsize::new(0));
    let policy = No {
        drops,
        picks: picks.clone(),
    };
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(Town::of([1]))
        .resolver(Fixed::new(endpoints([1])).unwrap())
        .balance(policy)
        .connect_lazy();
    channel.connect().await.unwrap_err();
    picks.store(0, Ordering::Relaxed);
    (channel, picks)
}

#[tokio::test(start_paused = true)]
async fn no_retry_and_no_hedge_sends_it_again() {
    // C-33
    for (drops, attempts) in [(true, 1), (false, 3)] {
        let (channel, picks) = channel(drops).await;
        let policy = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
        let mut retried = RetryLayer::new(policy.max_attempts(3).build().unwrap()).layer(channel);
        let answer = retried.call(named("dropped")).await.unwrap();
        assert_eq!(Outcome::of(&answer).code(), Some(Code::Unavailable));
        assert_eq!(picks.load(Ordering::Relaxed), attempts, "retry, {drops}");

        let (channel, picks) = self::channel(drops).await;
        let policy = HedgingPolicy::builder().non_fatal_codes([Code::Unavailable]);
        let policy = policy.max_attempts(3).build().unwrap();
        let mut hedged = HedgeLayer::new(policy).layer(channel);
        let answer = hedged.call(named("dropped")).await.unwrap();
        assert_eq!(Outcome::of(&answer).code(), Some(Code::Unavailable));
        assert_eq!(picks.load(Ordering::Relaxed), attempts, "hedge, {drops}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_fails_though_it_waits_for_ready() {
    // C-33, D-12
    let (channel, _) = channel(true).await;
    let (code, text) = send(&channel, patient(named("dropped"))).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    assert_eq!(text, "no server takes the call: too many of these");
}
