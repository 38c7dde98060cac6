//! A layer of a user's that adds a header and sees how each call ends.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::StreamBody;
use tower::{Service, service_fn};
use ziggurat::{
    Body, BoxError, Channel, Code, GrpcService,
    layers::outcome::{End, Observed, Observer},
};
use ziggurat_examples::{cafe::CoffeeMachineStub, server::SPOONS};

use crate::{
    tour::{channel, channel_to, order, refusing, three, tour},
    within,
};

/// How calls ended, in order.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<(&'static str, Code)>>>);

impl Ends {
    fn push(&self, end: &End<'_>) {
        let how = match end {
            End::Finished(_) => "finished",
            End::Failed(_) => "failed",
            End::Dropped => "dropped",
            _ => "otherwise",
        };
        let mut ends = self.0.lock().expect("nobody panics");
        ends.push((how, end.code()));
    }

    fn take(&self) -> Vec<(&'static str, Code)> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics"))
    }
}

#[derive(Clone)]
struct Observe<S> {
    inner: S,
    ends: Ends,
}

type Report = Box<dyn FnOnce(End<'_>) + Send>;

impl<S: GrpcService> Service<Request<Body>> for Observe<S> {
    type Response = Response<Observed<S::ResponseBody, Report>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let mark = HeaderValue::from_static("yes");
        request.headers_mut().insert("x-observed", mark);
        let ends = self.ends.clone();
        let report: Report = Box::new(move |end| ends.push(&end));
        let observer = Observer::new(report);
        let answer = self.inner.call(request);
        Box::pin(async move { Ok(observer.watch(answer.await?)) })
    }
}

fn observed<S: GrpcService>(inner: S) -> (Ends, CoffeeMachineStub<Observe<S>>) {
    let ends = Ends::default();
    let service = Observe {
        inner,
        ends: ends.clone(),
    };
    (ends, CoffeeMachineStub::new(service))
}

#[tokio::test]
async fn trailers_are_reported_once() -> Result<(), BoxError> {
    within(async {
        let (ends, cafe) = observed(channel().await?);
        let response = cafe.make_latte(order("Ada", 0)).send().await?;
        assert_eq!(response.initial_metadata().get("x-observed"), Some("yes"));
        assert_eq!(ends.take(), [("finished", Code::Ok)]);

        tour(&cafe).await?;
        assert_eq!(ends.take(), [("finished", Code::Ok); 5]);

        // Trailers-Only: A-76
        let refused = cafe.make_latte(order("Bob", SPOONS + 1)).await;
        assert!(refused.is_err());
        assert_eq!(ends.take(), [("finished", Code::InvalidArgument)]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_drop_is_reported_once() -> Result<(), BoxError> {
    within(async {
        let (ends, cafe) = observed(channel().await?);
        let mut orders = cafe.watch(three()).await?;
        orders.initial_metadata().await?;
        assert_eq!(ends.take(), []);
        drop(orders);
        assert_eq!(ends.take(), [("dropped", Code::Cancelled)]);

        let mut chat = cafe.open().chat(); // before the headers too
        chat.send_request().await?;
        drop(chat);
        assert_eq!(ends.take(), [("dropped", Code::Cancelled)]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_connection_that_fails_ends_in_a_status() -> Result<(), BoxError> {
    within(async {
        let (address, _socket) = refusing()?;
        let (ends, cafe) = observed::<Channel>(channel_to(address));
        assert!(cafe.make_latte(order("Ada", 0)).await.is_err());
        assert_eq!(ends.take(), [("finished", Code::Unavailable)]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_error_of_a_body_is_reported_once() -> Result<(), BoxError> {
    within(async {
        // A ground without a status floor, whose answer breaks off.
        let broken = service_fn(async |_: Request<Body>| {
            let frame: io::Result<Frame<Bytes>> = Err(io::ErrorKind::ConnectionReset.into());
            let mut answer = Response::new(StreamBody::new(tokio_stream::iter([frame])));
            let grpc = HeaderValue::from_static("application/grpc");
            answer.headers_mut().insert(CONTENT_TYPE, grpc);
            Ok::<_, BoxError>(answer)
        });
        let (ends, cafe) = observed(broken);
        let failed = cafe.make_latte(order("Ada", 0)).await;
        assert_eq!(failed.expect_err("it broke off").code(), Code::Unavailable);
        assert_eq!(ends.take(), [("failed", Code::Unavailable)]);
        Ok(())
    })
    .await
}
