//! The body of a response, which keeps its stream as long as the server may still send on it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::{Error, connection, endpoint::Served};

/// The body of a response of a [`Channel`](super::Channel): that of its connection.
///
/// At its end, or when it is dropped, its stream is free for the next call that waits (A-116). The default is an empty
/// body.
///
/// ```
/// use http_body::Body;
/// use ziggurat_transport::channel::ResponseBody;
///
/// assert!(ResponseBody::default().is_end_stream());
/// ```
#[derive(Debug, Default)]
pub struct ResponseBody {
    // Dropped before the stream is given away.
    body: connection::ResponseBody,
    stream: Option<Served>,
}

impl ResponseBody {
    pub(super) fn new(body: connection::ResponseBody, stream: Option<Served>) -> Self {
        let stream = stream.filter(|_| !body.is_end_stream());
        Self { body, stream }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        // Also the end of a body: trailers, `None`, an error.
        if self.body.is_end_stream() {
            self.stream = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
