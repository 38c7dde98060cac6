// What the examples in the docs call: four methods over texts, and a service in this process that
// has them. It answers an upload with the number of messages, everything else with the messages it
// is sent, and always with the request's headers.

const MAKE: ziggurat::Method<String, String> = ziggurat::Method::new("/cafe.v1.Machine/Make");
const WATCH: ziggurat::Method<String, String, ziggurat::shape::ServerStreaming> =
    ziggurat::Method::new("/cafe.v1.Machine/Watch");
const UPLOAD: ziggurat::Method<String, String, ziggurat::shape::ClientStreaming> =
    ziggurat::Method::new("/cafe.v1.Machine/Upload");
const CHAT: ziggurat::Method<String, String, ziggurat::shape::Bidi> =
    ziggurat::Method::new("/cafe.v1.Machine/Chat");

pub fn cafe() -> impl ziggurat::GrpcService {
    use http_body_util::BodyExt;
    use ziggurat::{
        Body, BoxError, Prost,
        protocol::{frame, response},
    };

    tower::service_fn(async |request: http::Request<Body>| {
        let (head, mut body) = request.into_parts();
        if head.uri.path() == UPLOAD.path() {
            let mut messages = frame::Deframer::new(usize::MAX);
            messages.push(body.collect().await?.to_bytes());
            let count = std::iter::from_fn(|| messages.next().transpose()).count();
            let mut answer = bytes::BytesMut::new();
            frame::encode::<Prost, String, String>(&count.to_string(), &mut answer, usize::MAX)?;
            body = Body::single(answer.freeze());
        }
        let ok = http::HeaderMap::from_iter([(response::GRPC_STATUS, 0.into())]);
        let mut answer = http::Response::new(body.with_trailers(async { Some(Ok(ok)) }));
        *answer.headers_mut() = head.headers;
        Ok::<_, BoxError>(answer)
    })
}

pub fn run(example: impl Future<Output = Result<(), ziggurat::BoxError>>) {
    tokio_test::block_on(example).expect("the example succeeds");
}
