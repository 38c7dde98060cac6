use std::fmt;

use ziggurat_protocol::{Body, Codec, Method, codec::Prost, frame, method::shape};

use super::{Bidi, ClientStreaming, Opened, ServerStreaming, Unary};
use crate::{
    GrpcService,
    call::{Messages, Sending, Streaming},
    caller::Caller,
};

/// Opens calls; [`Client::open`](crate::Client::open) gives it.
///
/// Each opens one call. The handle sends nothing until it is told, and has no more than its shape
/// allows: see the [module](super).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use std::time::Duration;
/// use ziggurat::{CallOptions, Client};
///
/// let client = Client::new(cafe());
/// let options = CallOptions::new().timeout(Duration::from_secs(5));
/// let call = client.with(options).open().unary(&MAKE); // five seconds from its first await
/// assert_eq!(call.send("latte".to_owned()).await?.await?, "latte");
/// # Ok(()) }) }
/// ```
#[must_use = "nothing is opened until a method is named"]
pub struct Opener<S, C = Prost> {
    caller: Caller<S, C>,
}

impl<S: GrpcService, C> Opener<S, C> {
    pub(crate) fn new(caller: Caller<S, C>) -> Self {
        Self { caller }
    }

    /// Opens a call of one message and one answer: see [`Unary`].
    pub fn unary<Req, Resp>(
        self,
        method: &'static Method<Req, Resp, shape::Unary>,
    ) -> Unary<Req, Resp>
    where
        C: Codec<Req, Resp>,
    {
        self.opened(method)
    }

    /// Opens a call of one message and many answers: see [`ServerStreaming`].
    pub fn server_streaming<Req, Resp>(
        self,
        method: &'static Method<Req, Resp, shape::ServerStreaming>,
    ) -> ServerStreaming<Req, Resp>
    where
        C: Codec<Req, Resp>,
    {
        self.opened(method)
    }

    /// Opens a call of many messages and one answer: see [`ClientStreaming`].
    pub fn client_streaming<Req, Resp>(
        self,
        method: &'static Method<Req, Resp, shape::ClientStreaming>,
    ) -> ClientStreaming<Req, Resp>
    where
        C: Codec<Req, Resp>,
    {
        self.opened(method)
    }

    /// Opens a call of many messages and many answers: see [`Bidi`].
    pub fn bidi<Req, Resp>(self, method: &'static Method<Req, Resp, shape::Bidi>) -> Bidi<Req, Resp>
    where
        C: Codec<Req, Resp>,
    {
        self.opened(method)
    }

    fn opened<Req, Resp, Shape>(
        self,
        method: &'static Method<Req, Resp, Shape>,
    ) -> Opened<Req, Resp, Shape>
    where
        C: Codec<Req, Resp>,
    {
        let (feed, body) = Body::feed();
        let messages = Ok(Messages::Many(body, Sending::Watched(feed.watch())));
        let prepared = self
            .caller
            .prepare(method.descriptor(), C::CONTENT_TYPE, messages);
        let stream = Streaming::new(prepared.begin_watched(), C::decode_from);
        Opened::new(feed, stream, frame::encode::<C, Req, Resp>)
    }
}

impl<S, C> fmt::Debug for Opener<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}
