//! From messages to a request's body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::Frame;
use pin_project_lite::pin_project;
use ziggurat_protocol::{
    Body, BoxError, Codec, Status,
    body::{Feed, Watch},
    frame::{self, Encoder},
};

/// The one message of a request. Limit and compression are applied when the call is sent, for they
/// may still be set.
pub(crate) fn encode_one<C: Codec<Req, Resp>, Req, Resp>(message: &Req) -> Result<Bytes, Status> {
    let mut buffer = BytesMut::new();
    frame::encode::<C, Req, Resp>(message, &mut buffer, usize::MAX)?;
    Ok(buffer.freeze())
}

/// A body that takes messages from a stream while the transport reads it.
pub(crate) fn body<C, Req, Resp, St>(messages: St) -> (Watch, Body)
where
    C: Codec<Req, Resp>,
    St: Stream<Item = Result<Req, Status>> + Send + 'static,
    Req: 'static,
{
    let (feed, body) = Body::feed();
    let encode = Encoder::encode::<C, Req, Resp>;
    let watch = feed.watch();
    (
        watch,
        Body::new(Pump {
            messages,
            body,
            feed,
            encode,
        }),
    )
}

/// Writes one message as the call's encoder says; a function, so that no codec is named where
/// messages are sent.
pub(crate) type Encode<Req> = fn(&Encoder, &Req, &mut BytesMut) -> Result<(), Status>;

pin_project! {
    /// Writes what the stream gives into a feed whenever its body is read.
    struct Pump<St, Req> {
        #[pin]
        messages: St,
        // Before the feed, so that it is dropped first: a transport that drops the request is no sender that gave up.
        body: Body,
        feed: Feed,
        encode: Encode<Req>,
    }
}

impl<St, Req> Pump<St, Req>
where
    St: Stream<Item = Result<Req, Status>>,
{
    /// Takes what is ready, up to what may wait.
    fn fill(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let mut this = self.project();
        while let Poll::Ready(true) = this.feed.poll_ready(cx) {
            let Poll::Ready(next) = this.messages.as_mut().poll_next(cx) else {
                return;
            };
            let Some(message) = next else {
                return this.feed.end();
            };
            let encoder = this.feed.encoder();
            let written = message.and_then(|message| {
                this.feed
                    .write(|buffer| (this.encode)(&encoder, &message, buffer))
            });
            if let Err(status) = written {
                this.feed.abandon(status); // B-24
            }
        }
    }
}

impl<St, Req> http_body::Body for Pump<St, Req>
where
    St: Stream<Item = Result<Req, Status>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.as_mut().fill(cx);
        let frame = ready!(Pin::new(self.project().body).poll_frame(cx));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
