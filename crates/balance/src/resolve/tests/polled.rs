//! All on a paused clock, as tables of what is called when.

use std::{
    future::{Ready, pending, ready},
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{advance, pause},
};
use tokio_test::{assert_pending, task::spawn};

use super::{addresses, error, poll};
use crate::{
    Resolver,
    resolve::{Polled, Resolution},
};

const SECOND: Duration = Duration::from_secs(1);

/// Its n-th answer is 10.0.0.n, true for this long.
fn counting(
    valid_for: Option<Duration>,
) -> Polled<impl FnMut() -> Ready<io::Result<Resolution>> + Send, Ready<io::Result<Resolution>>> {
    let mut called = 0;
    Polled::new(move || {
        called += 1;
        let mut found = Resolution::new([SocketAddr::from(([10, 0, 0, called], 443))]);
        found.valid_for = valid_for;
        ready(Ok(found))
    })
}

/// After which time from one answer on it has the next by itself, if within this time.
async fn time_to_next(resolver: &mut impl Resolver, most: Duration) -> Option<Duration> {
    let mut waited = Duration::ZERO;
    while waited <= most {
        if poll(resolver).is_ready() {
            return Some(waited);
        }
        advance(SECOND).await;
        waited += SECOND;
    }
    None
}

#[tokio::test(start_paused = true)]
async fn it_asks_at_once_and_again_by_time() {
    // G-12: new servers get traffic though nothing fails.
    let polled = counting(None);
    assert_eq!(polled.name(), "a lookup");
    let mut polled = polled.named("a count");
    assert_eq!(polled.name(), "a count");
    assert_eq!(addresses(&mut polled), ["10.0.0.1:443"]);
    for n in 2..5 {
        assert_pending!(poll(&mut polled));
        advance(29 * SECOND).await;
        assert_pending!(poll(&mut polled));
        advance(SECOND).await;
        assert_eq!(addresses(&mut polled), [format!("10.0.0.{n}:443")]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_woken_when_the_time_is_there() {
    let mut polled = counting(None);
    addresses(&mut polled);
    let mut task = spawn(());
    assert_pending!(task.enter(|cx, _| polled.poll_resolution(cx)));
    advance(30 * SECOND).await;
    assert!(task.is_woken());
}

#[tokio::test(start_paused = true)]
async fn time_is_bounded_whoever_says_it() {
    // G-12: 5 s … 5 min
    let cases = [
        (Some(Duration::ZERO), None, Some(5)),
        (Some(4 * SECOND), None, Some(5)),
        (Some(60 * SECOND), None, Some(60)),
        (Some(Duration::MAX), None, Some(300)),
        // An answer that says how long it counts.
        (Some(60 * SECOND), Some(Duration::ZERO), Some(5)),
        (Some(60 * SECOND), Some(20 * SECOND), Some(20)),
        (Some(60 * SECOND), Some(Duration::MAX), Some(300)),
        // Off, for both.
        (None, None, None),
        (None, Some(20 * SECOND), None),
    ];
    for (interval, valid_for, expected) in cases {
        let mut polled = counting(valid_for).refresh_interval(interval);
        addresses(&mut polled);
        let next = time_to_next(&mut polled, 400 * SECOND).await;
        let expected = expected.map(Duration::from_secs);
        assert_eq!(next, expected, "{interval:?}, {valid_for:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn on_request_it_asks_sooner_but_not_within_five_seconds() {
    // G-12: after this time since the last lookup it is asked for; after that it is called.
    let cases = [(0, 5), (1, 4), (4, 1), (5, 0), (6, 0), (29, 0)];
    for (after, left) in cases {
        for interval in [None, Some(30 * SECOND)] {
            let mut polled = counting(None).refresh_interval(interval);
            addresses(&mut polled);
            advance(SECOND * after).await;
            assert_pending!(poll(&mut polled));
            polled.resolve_again();
            polled.resolve_again();
            let next = time_to_next(&mut polled, 400 * SECOND).await;
            assert_eq!(next, Some(left * SECOND), "{after} s, {interval:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_puts_nothing_off() {
    // The last answer came late: it is old sooner than five seconds after the request.
    let (answer, answered) = oneshot::channel();
    let mut answered = Some(answered);
    let mut called = 0;
    let mut polled = Polled::new(move || {
        called += 1;
        let first = answered.take();
        let address = SocketAddr::from(([10, 0, 0, called], 443));
        async move {
            if let Some(first) = first {
                let _ = first.await;
            }
            Ok::<_, io::Error>(Resolution::new([address]).valid_for(5 * SECOND))
        }
    });
    assert_pending!(poll(&mut polled));
    advance(4 * SECOND).await;
    answer.send(()).unwrap();
    addresses(&mut polled);
    polled.resolve_again();
    // Five seconds after it began, and not after it was over.
    assert_eq!(time_to_next(&mut polled, 9 * SECOND).await, Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_request_before_the_first_poll_changes_nothing() {
    let mut polled = counting(None);
    polled.resolve_again();
    assert_eq!(addresses(&mut polled), ["10.0.0.1:443"]);
    assert_pending!(poll(&mut polled));
}

#[tokio::test(start_paused = true)]
async fn after_an_error_it_asks_by_time_and_on_request() {
    // G-16: the pause between is the channel's.
    let mut called = 0;
    let mut polled = Polled::new(move || {
        called += 1;
        ready(match called {
            1 | 2 => Err(io::Error::other(format!("no answer, {called}"))),
            _ => Ok(vec![SocketAddr::from(([10, 0, 0, called], 443))]),
        })
    });
    assert_eq!(error(&mut polled), "no answer, 1");
    assert_pending!(poll(&mut polled));
    advance(30 * SECOND).await;
    assert_eq!(error(&mut polled), "no answer, 2");
    polled.resolve_again();
    assert_pending!(poll(&mut polled));
    advance(5 * SECOND).await;
    assert_eq!(addresses(&mut polled), ["10.0.0.3:443"]);
}

#[tokio::test(start_paused = true)]
async fn there_is_one_lookup_at_a_time() {
    let called = Arc::new(AtomicUsize::new(0));
    let calls = called.clone();
    let mut polled = Polled::new(move || {
        calls.fetch_add(1, Ordering::Relaxed);
        pending::<io::Result<Resolution>>()
    });
    for _ in 0..100 {
        assert_pending!(poll(&mut polled));
        polled.resolve_again();
        advance(10 * SECOND).await;
    }
    assert_eq!(called.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_was_under_way_for_long_at_a_request_is_followed_by_another() {
    // G-12, D-32: the channel was idle, and what was asked before that is told first.
    for (after, next) in [(4, 30), (5, 0), (3600, 0)] {
        let (answer, answered) = oneshot::channel();
        let mut answered = Some(answered);
        let mut called = 0;
        let mut polled = Polled::new(move || {
            called += 1;
            let first = answered.take();
            let address = SocketAddr::from(([10, 0, 0, called], 443));
            async move {
                if let Some(first) = first {
                    let _ = first.await;
                }
                Ok::<_, io::Error>(vec![address])
            }
        });
        assert_pending!(poll(&mut polled));
        advance(SECOND * after).await;
        polled.resolve_again();
        answer.send(()).unwrap();
        assert_eq!(addresses(&mut polled), ["10.0.0.1:443"]);
        let waited = time_to_next(&mut polled, 400 * SECOND).await;
        assert_eq!(waited, Some(next * SECOND), "{after} s");
        assert_pending!(poll(&mut polled));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_while_nobody_polls() {
    let mut polled = counting(None);
    addresses(&mut polled);
    advance(3600 * SECOND).await;
    // One, for all the time that has passed.
    assert_eq!(addresses(&mut polled), ["10.0.0.2:443"]);
    assert_pending!(poll(&mut polled));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_panics_has_failed() {
    let mut called = 0;
    let mut polled = Polled::new(move || {
        called += 1;
        let n = called;
        assert_ne!(n, 1, "before it is awaited");
        async move {
            assert_ne!(n, 2, "when it is");
            Ok::<_, io::Error>(vec![SocketAddr::from(([10, 0, 0, n], 443))])
        }
    });
    assert_eq!(error(&mut polled), "the lookup panicked");
    assert_pending!(poll(&mut polled));
    advance(30 * SECOND).await;
    assert_eq!(error(&mut polled), "the lookup panicked");
    assert_pending!(poll(&mut polled));
    polled.resolve_again();
    advance(5 * SECOND).await;
    assert_eq!(addresses(&mut polled), ["10.0.0.3:443"]);
}

#[tokio::test]
async fn what_is_told_again_is_told() {
    // The first answer after an error is, so the others may as well.
    pause();
    let address = SocketAddr::from(([10, 0, 0, 1], 443));
    let mut polled = Polled::new(move || ready(Ok::<_, io::Error>(vec![address])));
    assert_eq!(addresses(&mut polled), ["10.0.0.1:443"]);
    advance(30 * SECOND).await;
    assert_eq!(addresses(&mut polled), ["10.0.0.1:443"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_is_told_as_it_is() {
    // G-14 is the channel's.
    let none = Vec::<SocketAddr>::new();
    let mut polled = Polled::new(move || ready(Ok::<_, io::Error>(none.clone())));
    assert!(
        matches!(poll(&mut polled), Poll::Ready(Some(Ok(found))) if found.endpoints.is_empty())
    );
}
