use std::{
    io,
    sync::{Arc, Mutex},
};

use http::{Response, StatusCode};
use ziggurat_protocol::{Code, Status, response};

use super::*;
use crate::scripted::{Reader, Scripted, Step, answer};

type Report = Box<dyn FnOnce(End<'_>) + Send + Sync>;
type Ends = Arc<Mutex<Vec<(Code, String)>>>;

/// An observer, and what it has reported.
fn observer() -> (Observer<Report>, Ends) {
    let ends = Ends::default();
    let seen = Arc::clone(&ends);
    let report = move |end: End<'_>| {
        seen.lock().unwrap().push((end.code(), format!("{end:?}")));
    };
    (Observer::new(Box::new(report)), ends)
}

fn watch(answer: Response<Scripted>) -> (Reader<Observed<Scripted, Report>>, Ends) {
    let (observer, ends) = observer();
    (Reader::new(observer.watch(answer).into_body()), ends)
}

/// The only end that was reported.
fn end(ends: &Ends) -> Option<Code> {
    let ends = ends.lock().unwrap();
    assert!(ends.len() < 2, "{ends:?}");
    ends.first().map(|(code, _)| *code)
}

#[test]
fn trailers_are_the_end() {
    for (pairs, code) in [
        (&[("grpc-status", "0")], Code::Ok),
        (&[("grpc-status", "5")], Code::NotFound),
        (&[("x-hint", "look")], Code::Unknown),
    ] {
        let (mut body, ends) = watch(answer(&[], [Step::Data("x"), Step::Trailers(pairs)]));
        assert_eq!(body.data(), "x");
        assert_eq!(end(&ends), None);
        assert_eq!(body.trailers().len(), 1);
        assert_eq!(end(&ends), Some(code));
        drop(body);
        assert_eq!(end(&ends), Some(code));
    }
}

#[test]
fn a_trailers_only_answer_has_ended() {
    //
    let (body, ends) = watch(answer(&[("grpc-status", "5")], [Step::End]));
    assert_eq!(end(&ends), Some(Code::NotFound));
    assert!(body.is_end_stream());
    drop(body);
    assert_eq!(end(&ends), Some(Code::NotFound));
    // What is no gRPC has a status too.
    let mut foreign = Response::new(Scripted::new([Step::Data("x")]));
    *foreign.status_mut() = StatusCode::NOT_FOUND;
    assert_eq!(end(&watch(foreign).1), Some(Code::Unimplemented));
}

#[test]
fn a_local_status_has_its_source() {
    let status = Status::new(Code::Unavailable, "lost").with_source(io::Error::other("why"));
    let (observer, ends) = observer();
    let answer = response::trailers_only::<http_body_util::Empty<&[u8]>>(status);
    drop(observer.watch(answer));
    assert!(ends.lock().unwrap()[0].1.contains("why"));
}

#[test]
fn an_end_without_trailers_is_reported() {
    // as `None`, and as the last frame of a body that says so.
    let (mut body, ends) = watch(answer(&[], [Step::Cut]));
    assert!(body.is_over());
    assert_eq!(end(&ends), Some(Code::Internal));
    let (mut body, ends) = watch(answer(&[], [Step::Data("x"), Step::End]));
    assert_eq!(body.data(), "x");
    assert_eq!(end(&ends), Some(Code::Internal));
    assert!(body.is_end_stream() && body.is_over());
}

#[test]
fn an_error_is_reported_as_it_is() {
    let error = io::Error::other("broken");
    let (mut body, ends) = watch(answer(&[], [Step::Error(error.into()), Step::Cut]));
    assert_eq!(body.error::<io::Error>().to_string(), "broken");
    assert_eq!(end(&ends), Some(Code::Unavailable));
    assert!(ends.lock().unwrap()[0].1.starts_with("Failed"));
    assert!(body.is_over());
    end(&ends);

    let (observer, ends) = observer();
    observer.fail(&io::Error::other("refused"));
    assert_eq!(end(&ends), Some(Code::Unavailable));
}

#[test]
fn dropping_is_an_end() {
    // B-21
    let (observer, ends) = observer();
    drop(observer);
    assert_eq!(end(&ends), Some(Code::Cancelled));

    let inner = answer(&[], [Step::Data("x"), Step::Data("y")]);
    let alive = inner.body().watch();
    let (mut body, ends) = watch(inner);
    assert_eq!(body.data(), "x");
    drop(body);
    assert_eq!(end(&ends), Some(Code::Cancelled));
    assert!(alive.upgrade().is_none());
}

#[test]
fn the_body_is_the_inner_one() {
    let (mut body, _ends) = watch(answer(&[], [Step::Data("x")]));
    assert_eq!((body.size(), body.is_end_stream()), (Some(7), false));
    assert_eq!(body.data(), "x");
    assert!(body.is_pending());
}

#[test]
fn moves_between_threads() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Observer<Report>>();
    check::<Observed<Scripted, Report>>();
}
