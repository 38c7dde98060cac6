//! An answer becomes an outcome: OK only by `grpc-status: 0`, a failure never by it.
#![no_main]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body_util::{Either, Empty, Full};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use ziggurat_protocol::{
    Code, Outcome, Status,
    response::{self, GRPC_ENCODING, GRPC_MESSAGE, GRPC_STATUS, GRPC_STATUS_DETAILS, Head},
};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    http: u16,
    is_grpc: bool,
    end_stream: bool,
    fields: Vec<(Name, &'a [u8])>,
    reset: u32,
    content_type: &'a str,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Name {
    ContentType,
    Status,
    Message,
    Details,
    Encoding,
    Pushback,
}

impl From<Name> for HeaderName {
    fn from(name: Name) -> Self {
        match name {
            Name::ContentType => CONTENT_TYPE,
            Name::Status => GRPC_STATUS,
            Name::Message => GRPC_MESSAGE,
            Name::Details => GRPC_STATUS_DETAILS,
            Name::Encoding => GRPC_ENCODING,
            Name::Pushback => Self::from_static("grpc-retry-pushback-ms"),
        }
    }
}

/// What a server or a proxy answers with.
struct Answer {
    http: StatusCode,
    headers: HeaderMap,
    end_stream: bool,
}

impl Answer {
    fn of(input: &Input<'_>) -> Self {
        let mut headers = HeaderMap::new();
        if input.is_grpc {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        }
        for &(name, value) in &input.fields {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(HeaderName::from(name), value);
            }
        }
        Self {
            http: StatusCode::from_u16(input.http).unwrap_or(StatusCode::OK),
            headers,
            end_stream: input.end_stream,
        }
    }

    /// The one number that all `grpc-status` agree on.
    fn number(&self) -> Option<u32> {
        let mut values = self.headers.get_all(GRPC_STATUS).iter();
        let first = values.next()?;
        let digits = first.as_bytes().iter().all(u8::is_ascii_digit);
        let number = first.to_str().ok()?.parse().ok();
        number.filter(|_| digits && values.all(|value| value == first))
    }

    fn outcome(&self) -> Outcome {
        let body = if self.end_stream {
            Either::Left(Empty::<Bytes>::new())
        } else {
            Either::Right(Full::<Bytes>::from("more"))
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = self.http;
        *response.headers_mut() = self.headers.clone();
        Outcome::of(&response)
    }

    fn check_head(&self) {
        let grpc = response::is_grpc(&self.headers, self.end_stream);
        let code = match response::head(self.http, &self.headers, self.end_stream) {
            Head::Open => {
                assert!(grpc && !self.end_stream);
                None
            }
            Head::Finished(result) => {
                assert!(!grpc || self.end_stream);
                Some(result.err().map_or(Code::Ok, |status| status.code()))
            }
        };
        let ok = grpc && self.end_stream && self.number() == Some(0);
        assert_eq!(code == Some(Code::Ok), ok);
        assert_eq!(self.outcome().code(), code);
    }

    fn check_trailers(&self) {
        assert_eq!(response::has_status(&self.headers), self.number().is_some());
        match response::trailers(self.http, &self.headers) {
            Ok(()) => assert_eq!(self.number(), Some(0)),
            Err(status) => {
                assert_ne!(self.number(), Some(0));
                check_failure(&status);
            }
        }
    }
}

/// It is none, and it survives being written and read.
fn check_failure(status: &Status) {
    assert_ne!(status.code(), Code::Ok);
    let mut headers = HeaderMap::new();
    response::write(status, &mut headers);
    assert!(response::has_status(&headers));
    let read = response::trailers(StatusCode::OK, &headers).expect_err("it is none");
    assert_ne!(read.code(), Code::Ok);
    if status.details_bytes().is_none() {
        assert_eq!(
            (read.code(), read.message()),
            (status.code(), status.message())
        );
    }
}

fuzz_target!(|input: Input<'_>| {
    let answer = Answer::of(&input);
    answer.check_head();
    answer.check_trailers();
    check_failure(&response::missing_trailers(answer.http));
    check_failure(&response::reset(input.reset));
    if let Err(status) = response::expect_content_type(&answer.headers, input.content_type) {
        assert_eq!(status.code(), Code::Internal);
    }
});
