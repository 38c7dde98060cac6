//! What starts calls: a service, a codec and settings, behind clients, openers and bound methods
//! alike.

use std::{marker::PhantomData, sync::Arc};

use ziggurat_protocol::{Codec, Method, MethodDescriptor, Status};

use crate::{
    CallOptions, GrpcService, IntoMessages,
    call::{Messages, Prepared, source},
    channel::below_stub,
    defaults::Defaults,
};

/// Prepares calls, each with its own clone of the service.
pub(crate) struct Caller<S, C> {
    service: S,
    pub(crate) defaults: Arc<Defaults>,
    codec: PhantomData<fn() -> C>,
}

impl<S, C> Caller<S, C> {
    pub(crate) fn new(service: S) -> Self
    where
        S: 'static,
    {
        Self {
            service: below_stub(service),
            defaults: Arc::new(Defaults::new(CallOptions::built_in())),
            codec: PhantomData,
        }
    }

    /// The same with other settings; what they leave open stays as it is here.
    pub(crate) fn with(&self, options: CallOptions) -> Self
    where
        S: Clone,
    {
        Self {
            service: self.service.clone(),
            defaults: Arc::new(Defaults::new(options.over(&self.defaults.options))),
            codec: PhantomData,
        }
    }

    /// The same with another codec.
    pub(crate) fn with_codec<D>(&self) -> Caller<S, D>
    where
        S: Clone,
    {
        Caller {
            service: self.service.clone(),
            defaults: Arc::clone(&self.defaults),
            codec: PhantomData,
        }
    }
}

impl<S: GrpcService, C> Caller<S, C> {
    /// A call with one message, encoded now.
    pub(crate) fn one<Req, Resp, Shape>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
        request: &Req,
    ) -> Prepared<S>
    where
        C: Codec<Req, Resp>,
    {
        let message = source::encode_one::<C, Req, Resp>(request);
        self.prepare(
            method.descriptor(),
            C::CONTENT_TYPE,
            message.map(Messages::One),
        )
    }

    /// A call with messages that are encoded while they are sent.
    pub(crate) fn many<Req: 'static, Resp, Shape, K>(
        &self,
        method: &'static Method<Req, Resp, Shape>,
        messages: impl IntoMessages<Req, K>,
    ) -> Prepared<S>
    where
        C: Codec<Req, Resp>,
    {
        let messages = source::stream::<C, Req, Resp, _>(messages.into_messages());
        self.prepare(method.descriptor(), C::CONTENT_TYPE, Ok(messages))
    }

    /// A call under the floors, whatever it sends. Names no message: it is compiled once per
    /// service.
    pub(crate) fn prepare(
        &self,
        method: &'static MethodDescriptor,
        content_type: &'static str,
        messages: Result<Messages, Status>,
    ) -> Prepared<S> {
        let (service, defaults) = (self.service.clone(), Arc::clone(&self.defaults));
        Prepared::new(service, method, content_type, messages, defaults)
    }
}

impl<S: Clone, C> Clone for Caller<S, C> {
    fn clone(&self) -> Self {
        self.with_codec()
    }
}
