//! What core and task say to each other, in the orders in which threads may meet.

use std::{
    cell::RefCell,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{task::yield_now, time::advance};
use ziggurat_transport::channel::{
    Builder, Channel, State,
    many::{Balancer, Leasing},
};

use super::*;
use crate::{
    Endpoint, Policy,
    channel::{
        Choosing,
        core::Core,
        version::Version,
        work::{After, Asked, Came, Parts, Work},
    },
    policy::{Outlook, Pick, Picker, Turn},
    resolve::Fixed,
};
use Patience::FailFast;

thread_local! {
    /// What the task of this thread's channel would work with, if it had one.
    static PARKED: RefCell<Option<Box<Work<Sends>>>> = const { RefCell::new(None) };
}

/// A channel whose task does not run.
fn core(
    policy: impl Policy,
) -> (
    Arc<Core<Sends>>,
    Channel<tower::layer::util::Identity, Nothing>,
) {
    let servers = Fixed::new([Endpoint::new(SocketAddr::from(([10, 0, 0, 1], 80)))]).unwrap();
    let mut made = None;
    let builder = Builder::new(target()).connector(Refusing);
    let channel = builder
        .idle_timeout(Duration::from_secs(10))
        .build_many(|maker| {
            let start = |_, work| PARKED.set(Some(work));
            let choosing = Choosing {
                policy: Box::new(policy),
                observes: false,
                follow: None,
            };
            let parts = Parts {
                maker,
                resolver: Box::new(servers),
                choosing,
                health: None,
            };
            let core = Core::new(parts, start);
            made = Some(core.clone());
            core
        });
    (made.unwrap(), channel)
}

/// Lets no call through, and notes how often attempts have failed at each turn.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<u64>>>);

impl Policy for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        let one = &turn.subchannels()[0];
        self.0.lock().unwrap().push(one.failures());
        turn.connect(one.key());
        Outlook::queueing(State::Connecting)
    }
}

/// Says this, once it has done that.
struct Does<F>(AtomicBool, F, Pick);

impl<F> Does<F> {
    fn once(what: F, says: Pick) -> Self {
        Self(AtomicBool::new(false), what, says)
    }
}

impl<F: Fn() + Send + Sync + 'static> Picker for Does<F> {
    fn pick(&self, _: &Call<'_>) -> Pick {
        if !self.0.swap(true, Ordering::Relaxed) {
            (self.1)();
        }
        self.2.clone()
    }
}

fn publish(core: &Core<Sends>, picker: impl Picker) {
    let outlook = Outlook::new(State::Connecting, Arc::new(picker));
    core.publish(|number| Version::empty(number, &outlook));
}

fn failing(text: &str) -> Does<fn()> {
    Does::once(|| (), Pick::Fail(error(text)))
}

/// What a call gets at once; `None` if it waits.
fn lease(core: &Core<Sends>, number: u64) -> Option<String> {
    let headers = HeaderMap::new();
    match core.lease(&asking(number, FailFast, "/", &headers)) {
        Ok(Leasing::Queued(_)) => None,
        Ok(other) => panic!("{other:?}"),
        Err(error) => Some(told(&error)),
    }
}

#[test]
fn a_version_between_a_pick_and_its_queueing_is_not_missed() {
    // T-29, C-30
    let (core, _channel) = core(Notes::default());
    let weak = Arc::downgrade(&core);
    let publishes = move || publish(&weak.upgrade().unwrap(), failing("newer"));
    publish(&core, Does::once(publishes, Pick::Queue));
    assert_eq!(lease(&core, 1).as_deref(), Some("newer"));
    assert!(!core.asked().is_asked);
}

#[test]
fn who_comes_amid_a_version_does_not_pass_by_who_waits() {
    // G-21
    struct Sorts;

    impl Picker for Sorts {
        fn pick(&self, call: &Call<'_>) -> Pick {
            match call.path() {
                "/first" => Pick::Queue,
                _ => Pick::Fail(error("older")),
            }
        }

        fn looks_at_calls(&self) -> bool {
            true
        }
    }

    let (core, _channel) = core(Notes::default());
    publish(&core, Sorts);
    let headers = HeaderMap::new();
    let first = core.lease(&asking(1, FailFast, "/first", &headers));
    assert!(matches!(first, Ok(Leasing::Queued(_))));
    let second = Arc::new(Mutex::new(None));
    let (weak, met) = (Arc::downgrade(&core), second.clone());
    let comes = move || *met.lock().unwrap() = lease(&weak.upgrade().unwrap(), 2);
    publish(&core, Does::once(comes, Pick::Fail(error("newer"))));
    assert_eq!(second.lock().unwrap().as_deref(), Some("older"));
    assert_eq!(lease(&core, 3).as_deref(), Some("newer"));
}

#[tokio::test(start_paused = true)]
async fn what_was_told_before_a_rest_that_came_too_late_is_seen_after_it() {
    // D-31, D-21
    let notes = Notes::default();
    let (core, _channel) = core(notes.clone());
    let latest = || *notes.0.lock().unwrap().last().unwrap();
    assert_eq!(lease(&core, 1), None);
    let mut work = PARKED.take().unwrap();
    work.begin();
    let cx = &mut Context::from_waker(std::task::Waker::noop());
    let mut turn = |is_asked, last_call| {
        assert!(work.poll(cx).is_ready());
        let came = Came {
            last_call,
            requests: 0,
        };
        let after = work.turn(|| Asked { is_asked, came });
        matches!(after, After::Rests)
    };
    let pass = async |time| {
        for _ in 0..time {
            advance(Duration::from_secs(1)).await;
            for _ in 0..8 {
                yield_now().await;
            }
        }
    };
    assert!(!turn(true, 1));
    pass(10).await;
    assert!(!turn(false, 1));
    let before = latest();
    pass(10).await;
    // It may rest; but a call comes before it does.
    assert!(turn(false, 1));
    assert!(!turn(true, 2));
    assert!(latest() > before);
}
