//! What others fell into; each was a call that hung, or a wrong answer.

use std::{
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::AtomicUsize,
    task::Poll,
};

use tower::service_fn;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_hedge_that_the_throttle_refuses_when_nothing_runs_ends_the_call() {
    // C-54 (grpc-java #7222, #7337)
    let throttle = Throttle::new(10, 1.0).unwrap();
    let server = Server::new(&["5 14 after 50"]);
    let mut call = call(&layer().throttle(throttle.clone()), &server, request());
    assert_pending!(call.poll());
    time::advance(5 * MS).await;
    assert_pending!(call.poll());
    // Meanwhile other calls fail.
    while throttle.fail() {}
    time::advance(49 * MS).await;
    assert!(!call.is_woken());
    time::advance(MS).await;
    assert!(call.is_woken());
    let answer = assert_ready_ok!(call.poll());
    assert_eq!(Outcome::of(&answer).code(), Some(Code::Unavailable));
    let progress = progress(&answer);
    assert_eq!(progress.gave_up(), Some(GaveUp::Throttled));
    assert!(progress.attempts().is_empty() && progress.waiting().is_none());
    assert_eq!(server.saw(), ["0 - answered"]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_has_not_been_sent_is_cancelled_like_any_other() {
    // C-51, C-58 (grpc-java #9185)
    let server = Server::new(&["30"]);
    let mut call = call(&layer(), &server, request());
    assert_pending!(call.poll());
    server.ready(false);
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    time::advance(10 * MS).await;
    let answer = assert_ready_ok!(call.poll());
    assert_eq!(attempt_of(&answer), "0");
    server.ready(true);
    time::advance(100 * MS).await;
    assert!(!call.is_woken());
    assert_eq!(server.saw(), ["0 - answered"]);
}

#[tokio::test(start_paused = true)]
async fn what_an_attempt_waited_for_ends_with_it() {
    // T-25: the slot is the call's.
    for answer in ["5", "5 ok", "5 13"] {
        let server = Server::new(&["never", answer]);
        let mut call = call(&layer(), &server, request());
        assert_pending!(call.poll());
        let context = server.context(0);
        let slot = context.progress().unwrap();
        slot.wait(|| Waiting::new(Stage::Connection, "a connection"));
        time::advance(20 * MS).await;
        assert_pending!(call.poll());
        assert!(slot.progress().waiting().is_some());
        time::advance(5 * MS).await;
        let answer = assert_ready_ok!(call.poll());
        assert_eq!(attempt_of(&answer), "1");
        assert!(answer.extensions().get::<Arc<Progress>>().is_none());
        assert!(slot.progress().waiting().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_has_read_less_wins_whole() {
    // C-51, C-57, C-18 (grpc-java #9185)
    let (mut feed, request, kept) = streamed();
    let server = Server::new(&["never", "10"]);
    let mut call = call(&layer(), &server, request);
    write(&mut feed, "beans");
    assert_pending!(call.poll());
    assert_eq!(
        sent(&mut server.body(0)).unwrap().unwrap(),
        "\0\0\0\0\x05beans"
    );
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    let mut body = server.body(1);
    time::advance(10 * MS).await;
    let answer = assert_ready_ok!(call.poll());
    assert_eq!(attempt_of(&answer), "1");
    assert_eq!(sent(&mut body).unwrap().unwrap(), "\0\0\0\0\x05beans");
    assert_eq!(kept.load(Relaxed), 0);
    write(&mut feed, "more");
    feed.end();
    assert_eq!(sent(&mut body).unwrap().unwrap(), "\0\0\0\0\x04more");
    assert!(sent(&mut body).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_counts_nowhere() {
    // C-41, B-26 (grpc-java #10007)
    let throttle = Throttle::new(10, 1.0).unwrap();
    while throttle.tokens() > 7.0 {
        throttle.fail();
    }
    let at_once = policy().hedging_delay(Duration::ZERO).build().unwrap();
    let layer = HedgeLayer::new(at_once).throttle(throttle.clone());
    let server = Server::new(&["never", "never", "5", "6 14"]);
    let mut call = call(&layer, &server, request());
    assert_pending!(call.poll());
    time::advance(5 * MS).await;
    let answer = assert_ready_ok!(call.poll());
    assert!(answer.extensions().get::<Arc<Progress>>().is_none());
    let (lost, won) = ("cancelled 5", "answered");
    let fates = [lost, lost, won, lost]
        .into_iter()
        .zip(["-", "1", "2", "3"]);
    let fates: Vec<_> = fates
        .map(|(fate, previous)| format!("0 {previous} {fate}"))
        .collect();
    assert_eq!(server.saw(), fates);
    drop((call, answer));
    time::advance(100 * MS).await;
    assert_eq!(throttle.tokens(), 7.0);
}

#[tokio::test(start_paused = true)]
async fn however_many_attempts_leave_at_once_each_is_polled_once() {
    // C-58
    let polls: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&polls);
    let server = service_fn(move |_: Request<Body>| {
        let polls = Arc::clone(&counted);
        poll_fn(move |_| {
            polls.fetch_add(1, Relaxed);
            Poll::<Result<Response<Scripted>, Infallible>>::Pending
        })
    });
    let policy = policy().hedging_delay(Duration::ZERO).max_attempts(1000);
    let layer = HedgeLayer::new(policy.build().unwrap());
    let mut call = task::spawn(layer.layer(server).call(request()));
    for times in 1..=2 {
        assert_pending!(call.poll());
        assert_eq!(polls.load(Relaxed), times * 1000);
    }
}

/// A call of two attempts that stand at the same message, the second of which then reads more than may be kept.
struct Overflowing {
    feed: Feed,
    call: Called,
    server: Server,
    /// That of the second attempt.
    body: Body,
}

async fn overflowing(answers: &[&str]) -> Overflowing {
    let (mut feed, request, kept) = streamed();
    let server = Server::new(answers);
    let mut call = call(&layer(), &server, request);
    write(&mut feed, "beans");
    assert_pending!(call.poll());
    assert!(sent(&mut server.body(0)).unwrap().is_ok());
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    let mut body = server.body(1);
    assert!(sent(&mut body).unwrap().is_ok());
    assert_eq!(kept.load(Relaxed), 10);
    write(&mut feed, "sugar");
    Overflowing {
        feed,
        call,
        server,
        body,
    }
}

#[tokio::test(start_paused = true)]
async fn an_overflow_keeps_the_attempt_that_is_ahead() {
    // C-56
    let mut overflowing = overflowing(&["never", "50"]).await;
    let Overflowing {
        feed,
        call,
        server,
        body,
    } = &mut overflowing;
    assert_eq!(sent(body).unwrap().unwrap(), "\0\0\0\0\x05sugar");
    assert!(call.is_woken());
    assert_pending!(call.poll());
    assert_eq!(server.saw(), ["0 - cancelled 20", "20 1 open"]);
    // No other begins.
    time::advance(40 * MS).await;
    assert!(!call.is_woken());
    write(feed, "more");
    feed.end();
    assert_eq!(sent(body).unwrap().unwrap(), "\0\0\0\0\x04more");
    assert!(sent(body).is_none());
    time::advance(10 * MS).await;
    let answer = assert_ready_ok!(call.poll());
    assert_eq!(attempt_of(&answer), "1");
    assert_eq!(server.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_an_attempt_comes_to_that_cannot_be_whole_is_not_the_answer() {
    // C-56: fatal, or even OK.
    for answer in ["30 1", "30 ok", "30", "30 error"] {
        let mut overflowing = overflowing(&[answer, "50"]).await;
        let Overflowing {
            call, server, body, ..
        } = &mut overflowing;
        assert!(sent(body).unwrap().is_ok());
        time::advance(10 * MS).await;
        assert_pending!(call.poll());
        assert_eq!(server.saw(), ["0 - answered", "20 1 open"]);
        time::advance(40 * MS).await;
        let answer = assert_ready_ok!(call.poll());
        assert_eq!(attempt_of(&answer), "1");
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_overflow_the_failure_is_that_of_the_attempt_which_is_ahead() {
    // C-56, C-55: it fails after the others were cancelled, or with the overflow.
    for seen in ["before", "with"] {
        let mut overflowing = overflowing(&["never", "10 14"]).await;
        let Overflowing {
            call, server, body, ..
        } = &mut overflowing;
        let mut cancelled = 30;
        if seen == "before" {
            assert!(sent(body).unwrap().is_ok());
            assert_pending!(call.poll());
            cancelled = 20;
        }
        time::advance(10 * MS).await;
        if seen == "with" {
            assert!(sent(body).unwrap().is_ok());
        }
        let answer = assert_ready_ok!(call.poll());
        assert_eq!(attempt_of(&answer), "1");
        assert_eq!(progress(&answer).gave_up(), Some(GaveUp::TooLarge));
        assert_eq!(server.saw()[0], format!("0 - cancelled {cancelled}"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_failed_takes_nothing_from_those_that_run() {
    // C-56, C-58: who has its body may still read it.
    let mut overflowing = overflowing(&["never", "10 14"]).await;
    let Overflowing {
        call, server, body, ..
    } = &mut overflowing;
    time::advance(10 * MS).await;
    assert_pending!(call.poll());
    assert_eq!(server.attempts(), 3);
    assert!(sent(body).unwrap().is_err());
    assert!(!call.is_woken());
    assert_pending!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_an_attempt_goes_to_the_caller_and_ends_the_others() {
    // B-26
    let throttle = Throttle::new(10, 1.0).unwrap();
    let (mut feed, request, kept) = streamed();
    let server = Server::new(&["never", "10 panic", "never"]);
    let mut call = call(&layer().throttle(throttle.clone()), &server, request);
    assert_pending!(call.poll());
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    time::advance(10 * MS).await;
    write(&mut feed, "beans");
    assert!(sent(&mut server.body(0)).unwrap().is_ok());
    assert_eq!(kept.load(Relaxed), 10);
    let panicked = catch_unwind(AssertUnwindSafe(|| call.poll()));
    assert_eq!(*panicked.unwrap_err().downcast::<&str>().unwrap(), "a bug");
    drop((call, server.body(1)));
    assert_eq!(server.saw(), ["0 - cancelled 30", "20 1 answered"]);
    assert!(feed.is_over());
    assert_eq!((kept.load(Relaxed), throttle.tokens()), (0, 10.0));
}
