//! A layer of a user's that waits for a token before each call.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, header::AUTHORIZATION};
use tokio::sync::watch;
use tokio_test::{assert_pending, task};
use tower::Service;
use ziggurat::{Body, BoxError, Channel, Code, GrpcService, Status};
use ziggurat_examples::{
    cafe::CoffeeMachineStub,
    server::{demanding, serve_behind},
};

use crate::{
    tour::{channel_to, order, tour},
    within,
};

/// A token or why there is none, once that is known.
type Token = Option<Result<HeaderValue, Status>>;

#[derive(Clone)]
struct Bearer<S> {
    inner: S,
    tokens: watch::Receiver<Token>,
}

impl<S: GrpcService> Service<Request<Body>> for Bearer<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let clone = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, clone);
        let tokens = self.tokens.clone();
        Box::pin(async move {
            let token = token_for(&request, tokens).await?;
            request.headers_mut().insert(AUTHORIZATION, token);
            ready.call(request).await.map_err(Into::into)
        })
    }
}

/// The request is lent over an await, as signers do: its body is `Sync`.
async fn token_for(
    request: &Request<Body>,
    mut tokens: watch::Receiver<Token>,
) -> Result<HeaderValue, BoxError> {
    assert!(!request.headers().contains_key(AUTHORIZATION));
    let token = tokens.wait_for(Option::is_some).await?.clone();
    Ok(token.expect("it was waited for")?)
}

/// A stub that sends tokens, over a machine that demands one.
async fn cafe(
    tokens: watch::Receiver<Token>,
) -> std::io::Result<CoffeeMachineStub<Bearer<Channel>>> {
    let (address, _serving) = serve_behind(demanding("open-sesame")).await?;
    let inner = channel_to(address);
    Ok(CoffeeMachineStub::new(Bearer { inner, tokens }))
}

#[tokio::test]
async fn the_call_waits_for_its_token() -> Result<(), BoxError> {
    within(async {
        let (issuer, tokens) = watch::channel(None);
        let cafe = cafe(tokens).await?;
        let mut latte = task::spawn(cafe.make_latte(order("Ali Baba", 3)));
        assert_pending!(latte.poll());
        let token = HeaderValue::from_static("Bearer open-sesame");
        issuer.send(Some(Ok(token)))?;
        assert!(latte.is_woken());
        assert_eq!(latte.await?.name, "Ali Baba");

        tour(&cafe).await?; // every shape waits for it
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_server_refuses_a_wrong_token() -> Result<(), BoxError> {
    within(async {
        let wrong = HeaderValue::from_static("Bearer open-barley");
        let (_issuer, tokens) = watch::channel(Some(Ok(wrong)));
        let refused = cafe(tokens).await?.make_latte(order("Kasim", 0)).await;
        let refused = refused.expect_err("it is the wrong one");
        assert_eq!(refused.code(), Code::Unauthenticated);
        assert!(!refused.is_local());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_status_of_the_layer_is_the_calls() -> Result<(), BoxError> {
    within(async {
        let expired = Status::new(Code::Unauthenticated, "the session is over");
        let (_issuer, tokens) = watch::channel(Some(Err(expired)));
        let failed = cafe(tokens).await?.make_latte(order("Ada", 0)).await;
        let failed = failed.expect_err("there is no token");
        assert_eq!(failed.code(), Code::Unauthenticated);
        assert_eq!(failed.message(), "the session is over");
        assert!(failed.is_local());
        Ok(())
    })
    .await
}
