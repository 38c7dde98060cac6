//! Streamed requests for tests: written, kept and read by hand.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http::Request;
use http_body::Body as _;
use tokio_test::{assert_ready, task};
use ziggurat_protocol::{
    Body, BoxError,
    body::{Account, Feed},
    codec::Raw,
};

/// Counts what is kept.
pub(crate) struct Kept(pub(crate) Arc<AtomicUsize>);

impl Account for Kept {
    fn take(&mut self, bytes: usize) -> bool {
        let kept = self.0.fetch_add(bytes, Relaxed) + bytes;
        if kept > 16 {
            self.0.fetch_sub(bytes, Relaxed);
        }
        kept <= 16
    }

    fn give_back(&mut self, bytes: usize) {
        self.0.fetch_sub(bytes, Relaxed);
    }
}

/// A streamed request of which 16 bytes may be kept, and how many are.
pub(crate) fn streamed() -> (Feed, Request<Body>, Arc<AtomicUsize>) {
    let (feed, body) = Body::feed();
    // The first account stands; what counts is how much the body keeps while there are two of it.
    let other = body.try_clone();
    let kept = Arc::default();
    body.count_in(|| Box::new(Kept(Arc::clone(&kept))));
    drop(other);
    (feed, Request::new(body), kept)
}

/// Reads a message of a request, as the server does.
pub(crate) fn sent(body: &mut Body) -> Option<Result<Bytes, BoxError>> {
    let mut body = task::spawn(body);
    let frame = assert_ready!(body.enter(|cx, mut body| Pin::new(&mut **body).poll_frame(cx)));
    frame.map(|frame| frame.map(|frame| frame.into_data().unwrap()))
}

/// Adds a message, of five bytes more than its text.
pub(crate) fn write(feed: &mut Feed, text: &'static str) {
    let message = Bytes::from_static(text.as_bytes());
    feed.write(|encoder, buffer| encoder.encode::<Raw, Bytes, Bytes>(&message, buffer))
        .unwrap();
}
