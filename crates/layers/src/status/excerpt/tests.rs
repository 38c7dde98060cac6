//!

use std::{io, iter};

use bytes::Bytes;
use http_body_util::Full;
use tokio_test::task;

use super::*;
use crate::scripted::{Scripted, Step};

fn told<B: Body>(body: B) -> Option<String> {
    task::spawn(()).enter(|cx, _| excerpt(body, cx))
}

fn full(bytes: impl Into<Bytes>) -> Full<Bytes> {
    Full::new(bytes.into())
}

/// A body of these frames, which then stays open.
fn frames(frames: impl IntoIterator<Item = &'static str>) -> Scripted {
    Scripted::new(frames.into_iter().map(Step::Data))
}

#[test]
fn text_that_has_arrived_is_told() {
    //
    let page = "<html>no such page</html>";
    assert_eq!(told(full(page)).as_deref(), Some(page));
    let spaced = told(full(" \r\n<html>\n"));
    assert_eq!(spaced.as_deref(), Some("<html>"));
    let cut = told(frames(["<ht", "", "ml>"]));
    assert_eq!(cut.as_deref(), Some("<html>"));
}

#[test]
fn what_has_not_arrived_is_not_waited_for() {
    //
    assert_eq!(told(frames([])), None);
    assert_eq!(told(frames(["begun"])).as_deref(), Some("begun"));
}

#[test]
fn the_end_does_not_matter() {
    //
    assert_eq!(told(Scripted::new([Step::End])), None);
    for end in [
        Step::Cut,
        Step::Trailers(&[("grpc-status", "0")]),
        Step::Error(io::Error::from(io::ErrorKind::ConnectionReset).into()),
    ] {
        let told = told(Scripted::new([Step::Data("page"), end, Step::Data("more")]));
        assert_eq!(told.as_deref(), Some("page"));
    }
}

#[test]
fn a_kibibyte_is_enough() {
    //
    let long = "x".repeat(LIMIT + 1);
    assert_eq!(told(full(long.clone())).as_deref(), Some(&long[..LIMIT]));
    let most = &*"x".repeat(LIMIT - 1).leak();
    let many = told(frames([most, "yz", "z"])).unwrap();
    assert!(many.len() == LIMIT && many.ends_with("xy"));
    // A character that does not fit whole is left out.
    let split = "x".repeat(LIMIT - 1) + "é";
    assert_eq!(told(full(split)).as_deref(), Some(&long[..LIMIT - 1]));
}

#[test]
fn frames_without_bytes_come_to_an_end() {
    //
    let empty = iter::repeat_n("", FRAMES);
    assert_eq!(told(frames(empty.chain(["late"]))), None);
}

#[test]
fn what_is_no_text_is_not_told() {
    //
    assert_eq!(told(full("")), None);
    assert_eq!(told(full(" \n")), None);
    assert_eq!(told(full(&b"\x1f\x8b\x08 gzip"[..])), None);
    assert_eq!(told(full(&b"text, then\xff\xff"[..])), None);
}
