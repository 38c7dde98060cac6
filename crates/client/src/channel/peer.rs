//! Knows of each answer who gave it.
//!
//! Its future says so, once the answer is there; the [ground](super::ground) passes that on, for its owner to read.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_connect::Negotiated;
use ziggurat_protocol::{Peer, TlsInfo};
use ziggurat_transport::Connection;

/// Keeps one connection's [`Peer`] beside its answers.
#[derive(Clone, Debug)]
pub(super) struct PeerLayer(Peer);

impl PeerLayer {
    pub(super) fn of<B>(connection: &Connection<B>) -> Self {
        let addresses = connection.peer();
        let peer = Peer::new(addresses.local(), addresses.remote());
        let peer = match addresses.unix_path() {
            Some(path) => peer.with_unix_path(path),
            None => peer,
        };
        Self(match addresses.tls() {
            Some(tls) => peer.with_tls(info(tls)),
            None => peer,
        })
    }
}

/// The transport's words in those of the protocol, once for each connection.
fn info(tls: &Negotiated) -> TlsInfo {
    let info = TlsInfo::new(tls.version.clone(), tls.cipher_suite.clone())
        .with_certificates(tls.certificates.iter().cloned());
    match &tls.alpn {
        Some(protocol) => info.with_alpn(protocol.clone()),
        None => info,
    }
}

impl<S> Layer<S> for PeerLayer {
    type Service = WithPeer<S>;

    fn layer(&self, inner: S) -> WithPeer<S> {
        let peer = self.0.clone();
        WithPeer { inner, peer }
    }
}

/// Made by [`PeerLayer`]; changes neither request nor answer. Outside of what may refuse a request, so that who has its
/// future need not look further in.
#[derive(Clone, Debug)]
pub(super) struct WithPeer<S> {
    inner: S,
    peer: Peer,
}

impl<S, B> Service<Request<B>> for WithPeer<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ResponseFuture {
            answer: self.inner.call(request),
            peer: self.peer.clone(),
            has_answered: false,
        }
    }
}

pin_project! {
    /// The answer of one connection, and whose that is.
    pub(super) struct ResponseFuture<F> {
        #[pin]
        answer: F,
        peer: Peer,
        has_answered: bool,
    }
}

impl<F> ResponseFuture<F> {
    /// Who gave the answer, once it is there.
    pub(super) fn peer(&self) -> Option<&Peer> {
        self.has_answered.then_some(&self.peer)
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answered = this.answer.poll(cx);
        *this.has_answered = matches!(answered, Poll::Ready(Ok(_)));
        answered
    }
}
