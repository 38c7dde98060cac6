// A server in this process that says how its services are: the machine of the café is well, and others it does not know.

pub fn server() -> impl ziggurat::GrpcService {
    use http_body_util::BodyExt;
    use ziggurat::{
        Body, BoxError, Code, Prost, Status,
        compression::Encodings,
        health::{HealthCheckRequest, HealthCheckResponse, ServingStatus},
        protocol::{frame, response},
    };

    tower::service_fn(async |request: http::Request<Body>| {
        let mut messages = frame::Decoder::new(usize::MAX, Encodings::none());
        messages.push(request.into_body().collect().await?.to_bytes());
        let asked = messages.next()?.ok_or("a message is missing")?;
        let asked: HealthCheckRequest = prost::Message::decode(asked)?;
        if asked.service != "cafe.v1.Machine" {
            let unknown = Status::new(Code::NotFound, "unknown service");
            return Ok::<_, BoxError>(response::trailers_only(unknown));
        }
        let says = HealthCheckResponse::new(ServingStatus::Serving);
        let mut answer = bytes::BytesMut::new();
        frame::encode::<Prost, HealthCheckResponse, HealthCheckRequest>(&says, &mut answer, usize::MAX)?;
        let ok = http::HeaderMap::from_iter([(response::GRPC_STATUS, 0.into())]);
        let body = Body::single(answer.freeze()).with_trailers(async { Some(Ok(ok)) });
        let answer = http::Response::builder().header("content-type", "application/grpc");
        Ok(answer.body(Body::new(body))?)
    })
}
