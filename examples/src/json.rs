//! A coffee machine that speaks JSON: one axum route, with gRPC's framing written out.

use axum::{Router, body::Body, routing::post};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use tonic::Status;

use crate::cafe::{Coffee, CoffeeMachineMethods, LatteOrder};

const JSON: HeaderValue = HeaderValue::from_static("application/grpc+json");

/// Bytes in front of a message: a flag and the length.
const PREFIX: usize = 5;

/// Serves `MakeLatte`.
pub fn machine() -> Router {
    let path = CoffeeMachineMethods::MAKE_LATTE.path();
    Router::new().route(path, post(make_latte))
}

async fn make_latte(headers: HeaderMap, request: Bytes) -> Response<Body> {
    match latte(&headers, &request) {
        Ok(message) => answer(&message),
        Err(status) => status.into_http(),
    }
}

fn latte(headers: &HeaderMap, request: &[u8]) -> Result<Vec<u8>, Status> {
    if headers.get(CONTENT_TYPE) != Some(&JSON) {
        return Err(Status::unimplemented("this machine reads JSON"));
    }
    let message = request.get(PREFIX..).unwrap_or_default();
    let LatteOrder { sugar, name } = serde_json::from_slice(message)
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    let temperature = 60 + sugar;
    serde_json::to_vec(&Coffee { name, temperature })
        .map_err(|error| Status::internal(error.to_string()))
}

/// Headers, one message, and trailers that say OK.
fn answer(message: &[u8]) -> Response<Body> {
    let mut frame = BytesMut::with_capacity(PREFIX + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).expect("a coffee is short"));
    frame.put_slice(message);

    let mut ok = HeaderMap::new();
    ok.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(frame.freeze()).with_trailers(async { Some(Ok(ok)) });
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
