use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Frame;
use ziggurat_transport::RequestBody;

/// One message. END_STREAM is on its DATA frame, as gRPC has it, with both clients.
#[derive(Debug)]
pub struct Body(Option<Bytes>);

impl Body {
    pub fn new(message: Bytes) -> Self {
        Self(Some(message))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|message| Ok(Frame::data(message))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

impl RequestBody for Body {}
