use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request};
use tokio::time;
use ziggurat_protocol::Body;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_deadline_is_an_instant() {
    // B-1
    let deadline = Deadline::after(SECOND);
    assert_eq!(
        (deadline.remaining(), deadline.has_passed()),
        (SECOND, false)
    );
    assert_eq!(Deadline::at(deadline.instant()), deadline);
    time::advance(SECOND / 4).await;
    assert_eq!(deadline.remaining(), SECOND * 3 / 4);
    time::advance(SECOND).await;
    assert_eq!(
        (deadline.remaining(), deadline.has_passed()),
        (Duration::ZERO, true)
    );
    assert!(Deadline::after(Duration::ZERO).has_passed());
}

#[test]
fn no_timeout_is_too_long() {
    //
    let far = Deadline::after(Duration::MAX);
    assert!(far > Deadline::after(SECOND) && !far.has_passed());
    assert!(far.remaining() > SECOND * 60 * 60 * 24 * 365 * 29);
}

#[tokio::test(start_paused = true)]
async fn an_inbound_deadline_is_passed_on() {
    // B-10
    let read = |value: &'static [u8]| {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", HeaderValue::from_bytes(value).unwrap());
        Deadline::from_headers(&headers)
    };
    assert_eq!(read(b"2S"), Ok(Some(Deadline::after(SECOND * 2))));
    assert_eq!(read(b"99999999H").map(|read| read.is_some()), Ok(true));
    assert_eq!(Deadline::from_headers(&HeaderMap::new()), Ok(None));
    for malformed in [&b"2"[..], b"-1S", b"2S ", b"\xff"] {
        assert!(read(malformed).is_err(), "{malformed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_never_written_as_zero() {
    //
    let write = |deadline: Deadline| {
        let mut headers = HeaderMap::new();
        deadline.write_to(&mut headers);
        headers["grpc-timeout"].clone()
    };
    assert_eq!(write(Deadline::after(SECOND)), "1000000u");
    assert_eq!(write(Deadline::after(Duration::ZERO)), "1n");
}

#[tokio::test(start_paused = true)]
async fn the_earliest_end_counts() {
    // B-2
    let (early, late) = (Deadline::after(SECOND), Deadline::after(SECOND * 3));
    let now = time::Instant::now();
    let asked = |context: CallContext| context.begin(now, Some(SECOND * 2));
    let new = CallContext::new;
    assert_eq!(new().begin(now, None), None); // B-9
    assert_eq!(asked(new()), Some(Deadline::after(SECOND * 2)));
    assert_eq!(asked(new().with_timeout(SECOND * 3)), Some(late)); // a default, not a limit
    assert_eq!(
        asked(new().with_deadline(late)),
        Some(Deadline::after(SECOND * 2))
    );
    for context in [
        new().with_deadline(early),
        new().with_deadline(late).with_timeout(SECOND),
        new().with_timeout(SECOND * 3).with_deadline(early),
        new().with_timeout(SECOND).with_timeout(SECOND * 3),
        new().with_deadline(early).with_deadline(late),
    ] {
        assert_eq!(asked(context.clone()), Some(early), "{context:?}");
        assert!(!context.is_guarded(), "{context:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_guarded_stays_so_until_less_is_asked_for() {
    let (early, late) = (Deadline::after(SECOND), Deadline::after(SECOND * 3));
    let guarded = CallContext::new().with_timeout(SECOND).guarded(late);
    let now = time::Instant::now();
    assert_eq!((guarded.timeout(), guarded.deadline()), (None, Some(late)));
    assert_eq!(guarded.begin(now, Some(SECOND)), Some(late));
    let same = guarded.clone().with_deadline(late);
    assert!(guarded.is_guarded() && same.is_guarded());
    for tightened in [
        guarded.clone().with_deadline(early),
        guarded.with_timeout(SECOND),
    ] {
        assert!(!tightened.is_guarded());
        assert_eq!(tightened.begin(now, None), Some(early));
    }
    let longer = same.with_timeout(SECOND * 9);
    assert_eq!(longer.begin(now, None), Some(late));
}

#[test]
fn the_limit_of_what_is_kept_stays_beside_the_deadline() {
    // C-25
    assert_eq!(CallContext::new().resend_limit(), None);
    let context = CallContext::new().with_resend_limit(7);
    let context = context
        .with_timeout(SECOND)
        .guarded(Deadline::after(SECOND));
    assert_eq!(context.resend_limit(), Some(7));
}

#[test]
fn waiting_for_ready_is_kept_beside_the_deadline() {
    // D-10
    let context = CallContext::new();
    assert_eq!(context.wait_for_ready(), None);
    for wait in [true, false] {
        let context = context.clone().with_wait_for_ready(wait);
        let context = context
            .with_timeout(SECOND)
            .guarded(Deadline::after(SECOND));
        assert_eq!(context.wait_for_ready(), Some(wait));
    }
}

fn limit_of<B: 'static>(request: &Request<B>) -> Option<usize> {
    CallContext::of(request)?.resend_limit()
}

#[test]
fn it_travels_in_our_body_and_else_among_the_extensions() {
    let context = |bytes| CallContext::new().with_resend_limit(bytes);
    let mut request = Request::new(Body::empty());
    assert!(CallContext::of(&request).is_none());
    context(1).put_into(&mut request);
    assert_eq!(limit_of(&request), Some(1));
    assert!(request.extensions().is_empty());
    CallContext::change(&mut request, |known| known.with_wait_for_ready(true));
    let changed = CallContext::of(&request).unwrap();
    assert_eq!(
        (changed.resend_limit(), changed.wait_for_ready()),
        (Some(1), Some(true))
    );
    let clone = request.body().try_clone().unwrap();
    assert_eq!(limit_of(&Request::new(clone)), Some(1));

    // What somebody asks for by an extension counts, and stays there.
    request.extensions_mut().insert(context(2));
    context(3).put_into(&mut request);
    assert_eq!(limit_of(&request), Some(3));
    assert_eq!(limit_of(&request.map(|_| "another body")), Some(3));

    let mut foreign = Request::new("another body");
    CallContext::change(&mut foreign, |_| context(4));
    assert_eq!(limit_of(&foreign), Some(4));
}

#[tokio::test]
async fn a_slot_is_made_when_there_is_something_to_tell() {
    // T-25
    assert!(CallContext::new().progress().is_none()); // nobody wants to know
    let floor = CallContext::new().guarded(Deadline::after(SECOND));
    let ground = floor.clone();
    assert!(floor.told().is_none());
    ground.progress().unwrap().go_on();
    assert!(floor.told().is_some());
}

#[tokio::test]
async fn who_changes_a_context_tells_into_the_same_slot() {
    use ziggurat_protocol::status::progress::{Stage, Waiting};
    let floor = CallContext::new().guarded(Deadline::after(SECOND));
    let tightened = floor.clone().with_timeout(SECOND / 2);
    let ask = || Waiting::new(Stage::Stream, "a stream");
    tightened.progress().unwrap().wait(ask);
    let progress = floor.told().unwrap().progress();
    assert_eq!(progress.waiting().unwrap().what(), "a stream");
}

#[test]
fn what_an_answer_was_told_before_is_replaced() {
    // T-25
    use std::sync::Arc;
    use ziggurat_protocol::{
        Code, Status, response,
        status::progress::{Attempt, Progress, Stage, Waiting},
    };
    let slot = ProgressSlot::new();
    let mut answer = http::Response::new(());
    let told = |answer: &http::Response<()>| answer.extensions().get::<Arc<Progress>>().cloned();
    slot.wait(|| Waiting::new(Stage::Stream, "a stream"));
    slot.add_to(&mut answer);
    assert!(told(&answer).unwrap().waiting().is_some());
    slot.go_on();
    slot.add_to(&mut answer);
    assert!(told(&answer).is_none());

    // But for what a failure of this side waited for.
    let waiting = Progress::default().with_waiting(Waiting::new(Stage::Stream, "a stream"));
    let status = Status::local(Code::Unavailable, "lost").with_progress(waiting);
    let mut failed = response::trailers_only::<Body>(status);
    let again = ziggurat_protocol::status::progress::Again::Retry;
    slot.repeat(Attempt::new(Code::Aborted, again));
    slot.add_to(&mut failed);
    let status: &Status = failed.extensions().get().unwrap();
    let progress = status.progress().unwrap();
    assert_eq!(progress.waiting().unwrap().what(), "a stream");
    assert_eq!(progress.attempts().len(), 1);
}
