use std::fmt;

use bytes::BytesMut;
use ziggurat_protocol::{Body, Codec, Method, Status, codec::Prost, frame, method::shape};

use super::{Bidi, ClientStreaming, Opened, ServerStreaming, Unary};
use crate::{
    Client, GrpcService,
    call::{Messages, Streaming},
};

/// Opens calls; [`Client::open`] gives it.
#[must_use = "nothing is opened until a method is named"]
pub struct Opener<S, C = Prost> {
    client: Client<S, C>,
}

/// Writes one message with its prefix, up to a limit in bytes.
pub(super) type Encode<Req> = fn(&Req, &mut BytesMut, usize) -> Result<(), Status>;

impl<S: GrpcService, C> Opener<S, C> {
    pub(crate) fn new(client: Client<S, C>) -> Self {
        Self { client }
    }

    /// Opens a call of one message and one answer.
    pub fn unary<Req, Resp>(
        self,
        method: &'static Method<Req, Resp, shape::Unary>,
    ) -> Unary<Req, Resp>
    where
        C: Codec<Req, Resp>,
    {
        self.opened(method)
    }

    /// Opens a call of one message and many answers.
    pub fn server_streaming<Req, Resp>(
        self,
        method: &'static Method<Req, Resp, shape::ServerStreaming>,
    ) -> ServerStreaming<Req, Resp>
    where
        C: Codec<Req, Resp>,
    {
        self.opened(method)
    }

    /// Opens a call of many messages and one answer.
    pub fn client_streaming<Req, Resp>(
        self,
        method: &'static Method<Req, Resp, shape::ClientStreaming>,
    ) -> ClientStreaming<Req, Resp>
    where
        C: Codec<Req, Resp>,
    {
        self.opened(method)
    }

    /// Opens a call of many messages and many answers.
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
        let messages = Ok(Messages::Many(body, feed.watch()));
        let prepared = self.client.prepare(method, C::CONTENT_TYPE, messages);
        let stream = Streaming::new(Box::pin(prepared.exchange()), C::decode);
        Opened::new(feed, stream, frame::encode::<C, Req, Resp>)
    }
}

impl<S, C> fmt::Debug for Opener<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}
