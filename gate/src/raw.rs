//! Requests without a stub, and how their answers are read.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body::{Body, Frame, SizeHint};
use ziggurat_transport::RequestBody;

use crate::{
    pipe::TARGET,
    server::{ECHO, MESSAGE},
};

/// One message, as bytes.
#[derive(Debug)]
pub(crate) struct Message(Option<Bytes>);

impl Body for Message {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

impl RequestBody for Message {}

/// A request as a stub and the origin floor would have made it.
pub(crate) fn request() -> Request<Message> {
    Request::post([TARGET, ECHO].concat())
        .header("content-type", HeaderValue::from_static("application/grpc"))
        .header("te", HeaderValue::from_static("trailers"))
        .header("user-agent", HeaderValue::from_static("gate/1"))
        .body(Message(Some(Bytes::from_static(MESSAGE))))
        .expect("a valid request")
}

/// Reads an answer's body to its end, and gives how many bytes it had.
pub(crate) async fn read<B>(mut body: B) -> usize
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut length = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(frame) = frame else {
            panic!("the answer ends well");
        };
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    length
}
