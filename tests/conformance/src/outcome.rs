//! How a call went, in the suite's words.

use ziggurat::{Metadata, Response, Status, protocol::status::RpcStatus};

use crate::suite::{
    BidiStreamResponse, ClientResponseResult, ClientStreamResponse, ConformancePayload, Error,
    Header, IdempotentUnaryResponse, ServerStreamResponse, UnaryResponse, UnimplementedResponse,
};

/// An answer message, for what it carries.
pub(crate) trait Answer {
    /// An answer without a payload counts too.
    fn payload(self) -> ConformancePayload;
}

macro_rules! answers {
    ($($message:ident),*) => {$(
        impl Answer for $message {
            fn payload(self) -> ConformancePayload {
                self.payload.unwrap_or_default()
            }
        }
    )*};
}

answers!(
    UnaryResponse,
    IdempotentUnaryResponse,
    ServerStreamResponse,
    ClientStreamResponse,
    BidiStreamResponse
);

impl Answer for UnimplementedResponse {
    fn payload(self) -> ConformancePayload {
        ConformancePayload::default()
    }
}

/// What the one answer of a call was.
pub(crate) fn one<T: Answer>(response: Result<Response<T>, Status>) -> ClientResponseResult {
    match response {
        Ok(response) => ClientResponseResult {
            response_headers: headers(response.initial_metadata()),
            response_trailers: headers(response.trailing_metadata()),
            payloads: vec![response.into_message().payload()],
            ..ClientResponseResult::default()
        },
        Err(status) => failed(&status, Vec::new()),
    }
}

/// What came of a call before it failed, and how it failed.
pub(crate) fn failed(status: &Status, payloads: Vec<ConformancePayload>) -> ClientResponseResult {
    let details = match status.details::<RpcStatus>() {
        Some(Ok(details)) => details.details,
        Some(Err(invalid)) => {
            eprintln!("{invalid}");
            Vec::new()
        }
        None => Vec::new(),
    };
    ClientResponseResult {
        response_headers: headers(status.initial_metadata()),
        payloads,
        error: Some(Error {
            code: i32::try_from(status.number()).unwrap_or(i32::MAX),
            message: Some(status.message().to_owned()),
            details,
        }),
        response_trailers: headers(status.trailing_metadata()),
        ..ClientResponseResult::default()
    }
}

/// The values of each name together, in order.
pub(crate) fn headers(metadata: &Metadata) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for (name, value) in metadata.iter() {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match headers.iter_mut().find(|header| header.name == name) {
            Some(header) => header.value.push(value),
            None => headers.push(Header {
                name: name.to_owned(),
                value: vec![value],
            }),
        }
    }
    headers
}
