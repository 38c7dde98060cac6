//! Tells with each answer who gave it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_protocol::{Peer, TlsInfo};
use ziggurat_transport::{Connection, connect::Negotiated};

/// Puts one connection's [`Peer`] among the extensions of its answers.
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

/// Made by [`PeerLayer`].
#[derive(Clone, Debug)]
pub(super) struct WithPeer<S> {
    inner: S,
    peer: Peer,
}

impl<S, B, R> Service<Request<B>> for WithPeer<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ResponseFuture {
            answer: self.inner.call(request),
            peer: self.peer.clone(),
        }
    }
}

pin_project! {
    pub(super) struct ResponseFuture<F> {
        #[pin]
        answer: F,
        peer: Peer,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut answered = this.answer.poll(cx);
        if let Poll::Ready(Ok(answer)) = &mut answered {
            answer.extensions_mut().insert(this.peer.clone());
        }
        answered
    }
}
