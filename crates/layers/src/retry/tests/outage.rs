//! What a throttle lets through while a server is down, half down, and back.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::atomic::AtomicU32,
};

use super::*;

/// Fails all attempts but for a share, chosen by seed.
#[derive(Clone)]
struct Flaky {
    attempts: Arc<AtomicUsize>,
    /// Of a hundred attempts so many succeed.
    percent: Arc<AtomicU32>,
    rng: Arc<Mutex<fastrand::Rng>>,
}

impl Flaky {
    fn new() -> Self {
        Self {
            attempts: Arc::default(),
            percent: Arc::default(),
            rng: Arc::new(Mutex::new(fastrand::Rng::with_seed(20))),
        }
    }

    fn succeeds(&self, percent: u32) {
        self.percent.store(percent, Relaxed);
    }

    fn attempts(&self) -> usize {
        self.attempts.swap(0, Relaxed)
    }
}

impl Service<Request<Body>> for Flaky {
    type Response = Response<Scripted>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Scripted>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        self.attempts.fetch_add(1, Relaxed);
        let drawn = self.rng.lock().unwrap().u32(..100);
        let succeeds = drawn < self.percent.load(Relaxed);
        ready(Ok(if succeeds { ok() } else { fails("14") }))
    }
}

const CALLS: usize = if cfg!(miri) { 20 } else { 20_000 };

/// Makes so many calls, one after the other; gives how many attempts the server saw.
async fn calls(count: usize, service: &WithRetry<Flaky>, server: &Flaky) -> usize {
    server.attempts();
    for _ in 0..count {
        let answer = service.clone().oneshot(request()).await.unwrap();
        let mut body = Reader::new(answer.into_body());
        while matches!(body.read(), crate::scripted::Read::Data(_)) {}
    }
    server.attempts()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_everything_sees_one_attempt_for_each_call() {
    // C-42
    let server = Flaky::new();
    let layer = layer().throttle(Throttle::new(100, 0.1).unwrap());
    let service = layer.layer(server.clone());
    // Until half of the bucket is gone.
    let before = calls(20, &service, &server).await;
    assert_eq!(
        before,
        50 + 7,
        "50 that took a token each; after that one for each call"
    );
    assert_eq!(calls(1000, &service, &server).await, 1000);
}

#[tokio::test(start_paused = true)]
async fn extra_attempts_are_at_most_the_share_of_successes_times_the_ratio() {
    // C-41, C-42
    for percent in [0, 50, 90, 95, 99] {
        for ratio in [0.1, 0.01, 0.5] {
            let server = Flaky::new();
            let throttle = Throttle::new(10, ratio).unwrap();
            let service = layer().throttle(throttle).layer(server.clone());
            server.succeeds(percent);
            calls(200, &service, &server).await; // what the bucket has at first
            let attempts = calls(CALLS, &service, &server).await;
            let extra = attempts - CALLS;
            let number = |count: usize| f64::from(u32::try_from(count).unwrap());
            let most = number(CALLS) * f64::from(percent) / 100.0 * ratio;
            // Tokens that were there count too.
            assert!(
                number(extra) <= most + 10.0,
                "{percent} {ratio}: {extra} of {most}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn recovery_waits_for_nothing() {
    // C-42
    let server = Flaky::new();
    let throttle = Throttle::new(10, 0.5).unwrap();
    let service = layer().throttle(throttle.clone()).layer(server.clone());
    calls(100, &service, &server).await;
    assert_eq!(throttle.tokens(), 0.0);
    server.succeeds(100);
    let begun = Instant::now();
    assert_eq!(calls(11, &service, &server).await, 11);
    assert_eq!(begun.elapsed(), Duration::ZERO, "no call waits");
    assert!(throttle.allows(), "11 successes give back more than half");
}
