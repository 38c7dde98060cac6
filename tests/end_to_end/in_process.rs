//! Services in process that answer every call in the same way, proper or not.

use std::convert::Infallible;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody, combinators::UnsyncBoxBody};
use prost::Message;
use tower::service_fn;
use ziggurat::{BoxError, GrpcService, Metadata};
use ziggurat_examples::cafe::CoffeeMachineStub;

/// An answer as it would be on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    frames: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Data(Bytes),
    Trailers(HeaderMap),
    Broken(&'static str),
}

impl Answer {
    /// Begins an answer with these headers.
    pub(crate) fn new(status: u16, headers: &[(&'static str, &'static str)]) -> Self {
        Self {
            status: status.try_into().unwrap(),
            headers: map(headers),
            frames: Vec::new(),
        }
    }

    /// Begins a proper answer.
    pub(crate) fn grpc() -> Self {
        Self::new(200, &[("content-type", "application/grpc")])
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.extend(map(&[(name, value)]));
        self
    }

    pub(crate) fn message(self, message: &impl Message) -> Self {
        self.data(framed(&message.encode_to_vec()))
    }

    pub(crate) fn data(mut self, data: impl Into<Bytes>) -> Self {
        self.frames.push(Piece::Data(data.into()));
        self
    }

    pub(crate) fn trailers(mut self, trailers: &[(&'static str, &'static str)]) -> Self {
        self.frames.push(Piece::Trailers(map(trailers)));
        self
    }

    pub(crate) fn ok(self) -> Self {
        self.trailers(&[("grpc-status", "0")])
    }

    /// Ends the body with an error.
    pub(crate) fn broken(mut self, text: &'static str) -> Self {
        self.frames.push(Piece::Broken(text));
        self
    }

    /// Adds `grpc-status-details-bin` to the trailers.
    pub(crate) fn details(mut self, details: impl AsRef<[u8]>) -> Self {
        let mut metadata = Metadata::new();
        metadata.append_bin("x-bin", details).unwrap();
        let value = metadata.raw("x-bin").next().unwrap().clone();
        if let Some(Piece::Trailers(trailers)) = self.frames.last_mut() {
            trailers.insert("grpc-status-details-bin", value);
        }
        self
    }

    /// Without data and trailers the headers end the answer.
    pub(crate) fn response(self) -> Response<UnsyncBoxBody<Bytes, BoxError>> {
        let Self {
            status,
            headers,
            frames,
        } = self;
        let body = if frames.is_empty() {
            Empty::new().map_err(|never| match never {}).boxed_unsync()
        } else {
            let frames = frames.into_iter().map(Piece::frame);
            StreamBody::new(tokio_stream::iter(frames)).boxed_unsync()
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    pub(crate) fn service(self) -> impl GrpcService {
        service_fn(move |_| {
            let response = self.clone().response();
            async { Ok::<_, Infallible>(response) }
        })
    }

    pub(crate) fn stub(self) -> CoffeeMachineStub<impl GrpcService> {
        CoffeeMachineStub::new(self.service())
    }
}

impl Piece {
    fn frame(self) -> Result<Frame<Bytes>, BoxError> {
        match self {
            Self::Data(data) => Ok(Frame::data(data)),
            Self::Trailers(trailers) => Ok(Frame::trailers(trailers)),
            Self::Broken(text) => Err(text.into()),
        }
    }
}

/// A message behind its prefix.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(message.len().try_into().unwrap());
    frame.extend_from_slice(message);
    frame.freeze()
}

fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = pairs.iter().map(|&(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    pairs.collect()
}
