//! Gives a request's metadata back, which tonic's handlers cannot do with the trailers of a success.

use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tonic::body::Body;
use tower::{Service, ServiceExt, service_fn};

/// Sends `x-initial…` back before the first message and `x-trailing…` with the status, values as they came.
///
/// A call's `grpc-timeout` and `user-agent` come back as `x-initial-…` too.
pub(crate) fn echo<S>(
    service: S,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = S::Error, Future: Send> + Clone
where
    S: Service<Request<Body>, Response = Response<Body>, Error: Send, Future: Send> + Clone + Send,
{
    service_fn(move |request: Request<Body>| {
        let service = service.clone();
        async move {
            let initial = initial(request.headers());
            let trailing = keys(request.headers(), "x-trailing");
            let response = service.oneshot(request).await?;
            Ok(put(response, initial, trailing))
        }
    })
}

fn initial(request: &HeaderMap) -> HeaderMap {
    let mut initial = keys(request, "x-initial");
    for (own, echoed) in [
        ("grpc-timeout", "x-initial-timeout"),
        ("user-agent", "x-initial-user-agent"),
    ] {
        if let Some(value) = request.get(own) {
            initial.insert(echoed, value.clone());
        }
    }
    initial
}

fn keys(headers: &HeaderMap, prefix: &str) -> HeaderMap {
    let pairs = headers.iter();
    let pairs = pairs.filter(|(name, _)| name.as_str().starts_with(prefix));
    pairs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn put(mut response: Response<Body>, initial: HeaderMap, trailing: HeaderMap) -> Response<Body> {
    if response.headers().contains_key("grpc-status") {
        extend(response.headers_mut(), trailing);
        return response;
    }
    extend(response.headers_mut(), initial);
    response.map(|body| {
        Body::new(body.map_frame(move |frame| match frame.into_trailers() {
            Ok(mut trailers) => {
                extend(&mut trailers, trailing.clone());
                http_body::Frame::trailers(trailers)
            }
            Err(frame) => frame,
        }))
    })
}

/// Beside what is there.
fn extend(headers: &mut HeaderMap, more: HeaderMap) {
    headers.extend(more);
}
