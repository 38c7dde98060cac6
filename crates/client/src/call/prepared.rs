//! A call that has not been sent: its request, its settings, its way down.

use std::{mem, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Uri,
    header::CONTENT_TYPE,
    uri::{Authority, Parts, PathAndQuery, Scheme},
};
use tower_service::Service;
use ziggurat_layers::context::CallContext;
use ziggurat_protocol::{Body, Code, Metadata, MethodDescriptor, Status, metadata};

use super::{BoxAnswer, Exchange, Sending, sent::SentOf};
use crate::{
    GrpcService,
    defaults::Defaults,
    floors::floors,
    options::{Compression, Limits},
};

/// What a request sends.
pub(crate) enum Messages {
    /// One message with its prefix.
    One(Bytes),
    /// Messages to come, and how they do.
    Many(Body, Sending),
}

/// Everything of a call but the types of its messages.
pub(crate) struct Prepared<S> {
    service: S,
    /// Or what is wrong with the call before anything is sent.
    messages: Result<Messages, Status>,
    method: &'static MethodDescriptor,
    content_type: &'static str,
    /// Of this call alone, straight into the request's headers.
    pub(crate) metadata: Metadata,
    /// Of this call alone, for layers.
    pub(crate) extensions: Extensions,
    /// Of this call alone.
    pub(crate) authority: Option<Authority>,
    /// Of this call alone.
    pub(crate) limits: Limits,
    /// Of this call alone.
    pub(crate) compression: Compression,
    defaults: Arc<Defaults>,
}

/// What a call needs that answers with a stream: a message whose sending can be watched.
type Watched = fn(Bytes) -> (Body, Sending);

/// An exchange over a service, with what is sent in some place.
type ExchangeOf<S, A> = Exchange<A, <S as GrpcService>::ResponseBody>;

impl<S: GrpcService> Prepared<S> {
    pub(crate) fn new(
        service: S,
        method: &'static MethodDescriptor,
        content_type: &'static str,
        messages: Result<Messages, Status>,
        defaults: Arc<Defaults>,
    ) -> Self {
        Self {
            service,
            messages,
            method,
            content_type,
            metadata: Metadata::with_capacity(HEADERS),
            extensions: Extensions::new(),
            authority: None,
            limits: Limits::default(),
            compression: Compression::default(),
            defaults,
        }
    }

    /// Keeps what a setting failed with, for the call to end with; the first failure counts.
    pub(crate) fn set(&mut self, setting: Result<(), impl Into<Status>>) {
        if let (Err(invalid), Ok(_)) = (setting, &self.messages) {
            self.messages = Err(invalid.into());
        }
    }

    /// Begins a call whose answer is awaited whole.
    pub(crate) fn begin(self, exchange: Pin<&mut ExchangeOf<S, SentOf<S>>>) {
        let whole = |message| (Body::single(message), Sending::Whole);
        self.begin_as(whole, |sent| sent, exchange);
    }

    /// Begins a call whose caller wants to know when it is under way.
    pub(crate) fn begin_watched(self) -> BoxAnswer {
        let watched = |message| {
            let (watch, body) = Body::watched(message);
            (body, Sending::Starting(watch))
        };
        let mut exchange = Box::pin(Exchange::idle());
        self.begin_as(watched, Box::pin, exchange.as_mut());
        exchange
    }

    fn begin_as<A>(
        self,
        watched: Watched,
        place: impl FnOnce(SentOf<S>) -> A,
        mut exchange: Pin<&mut ExchangeOf<S, A>>,
    ) {
        if let Err(status) = self.try_begin(watched, place, exchange.as_mut()) {
            exchange.refuse(status);
        }
    }

    fn try_begin<A>(
        self,
        watched: Watched,
        place: impl FnOnce(SentOf<S>) -> A,
        exchange: Pin<&mut ExchangeOf<S, A>>,
    ) -> Result<(), Status> {
        let Self {
            service,
            messages,
            method,
            content_type,
            metadata,
            extensions,
            authority,
            limits: own,
            compression,
            defaults,
        } = self;
        let Defaults {
            options,
            metadata: layer,
        } = &*defaults;
        let limits = own.over(options.limits);
        let compression = compression.over(&options.compression);
        let encoder = compression.encoder(limits.send());
        let (body, sending) = match messages? {
            Messages::One(message) => watched(encoder.finish(message)?),
            Messages::Many(body, sending) => {
                sending.set_encoder(encoder);
                (body, sending)
            }
        };
        let (uri, headers) = head(method.path(), content_type, metadata, limits.metadata())?;
        let mut request = Request::new(body.with_method(method));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        if let Some(authority) = authority.or_else(|| options.authority.clone()) {
            name(request.uri_mut(), authority);
        }
        compression.announce(request.headers_mut());
        request.extensions_mut().clone_from(&options.extensions);
        request.extensions_mut().extend(extensions);
        // Beside a context of the caller's own the timeout is more than a default (B-2).
        let asked = request.extensions().get::<CallContext>().cloned();
        let asked = asked.map(|asked| {
            own.timeout
                .into_iter()
                .fold(asked, CallContext::with_timeout)
        });
        if let Some(context) = limits.context(asked) {
            request.extensions_mut().insert(context);
        }
        let mut service = floors(layer, limits.timeout, service);
        let future = place(service.call(request));
        let messages = compression.decoder(limits.receive());
        let head = limits.metadata();
        exchange.send(future, sending, content_type, messages, head);
        Ok(())
    }
}

/// Path and headers, if they may be sent.
fn head(
    path: &'static str,
    content_type: &'static str,
    metadata: Metadata,
    limit: usize,
) -> Result<(Uri, HeaderMap), Status> {
    let value = HeaderValue::from_maybe_shared(Bytes::from_static(content_type.as_bytes()));
    let value = value.map_err(|invalid| {
        let text = format!("the codec's content type `{content_type}` is no header value");
        Status::local(Code::Internal, text).with_source(invalid)
    })?;
    let mut headers = metadata.into_headers();
    headers.insert(CONTENT_TYPE, value);
    let size = metadata::size(&headers);
    if size > limit {
        let text = format!("the request has {size} bytes of metadata, the limit is {limit} bytes");
        return Err(Status::local(Code::Internal, text));
    }
    Ok((uri(path)?, headers))
}

/// Adds the server's name to a path (I-30).
fn name(uri: &mut Uri, authority: Authority) {
    let mut parts = mem::take(uri).into_parts();
    // A URI with a name has a scheme; the channel puts its own in the place.
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *uri = Uri::from_parts(parts).expect("scheme, authority and path are there");
}

/// Room for what every request carries; eight would double the map.
const HEADERS: usize = 6;

/// A path that HTTP takes as it is.
fn uri(path: &'static str) -> Result<Uri, Status> {
    let malformed = || {
        let text = format!("`{path}` is no method: a path is `/package.Service/Method`");
        Status::local(Code::Internal, text)
    };
    if !path.starts_with('/') {
        return Err(malformed());
    }
    let bytes = Bytes::from_static(path.as_bytes());
    let parsed = PathAndQuery::from_maybe_shared(bytes)
        .map_err(|invalid| malformed().with_source(invalid))?;
    // A query was told apart, or a fragment left out.
    if parsed.path().len() < path.len() {
        return Err(malformed());
    }
    let mut parts = Parts::default();
    parts.path_and_query = Some(parsed);
    Uri::from_parts(parts).map_err(|invalid| malformed().with_source(invalid))
}
