//! An answer of anybody's making becomes a call's outcome, and OK only by `grpc-status: 0`.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body_util::{Either, Empty, Full};
use proptest::{collection::vec, prelude::*, sample::select};
use ziggurat_protocol::{
    Code, Outcome, Status,
    response::{self, GRPC_MESSAGE, GRPC_STATUS, GRPC_STATUS_DETAILS, Head},
};

use crate::{config, noise};

/// What a server or a proxy may answer with.
#[derive(Clone, Debug)]
struct Answer {
    http: StatusCode,
    headers: HeaderMap,
    end_stream: bool,
}

impl Answer {
    fn head(&self) -> Head {
        response::head(self.http, &self.headers, self.end_stream)
    }

    fn trailers(&self) -> Result<(), Status> {
        response::trailers(self.http, &self.headers)
    }

    fn outcome(&self) -> Outcome {
        let body = if self.end_stream {
            Either::Left(Empty::<bytes::Bytes>::new())
        } else {
            Either::Right(Full::from("more"))
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = self.http;
        *response.headers_mut() = self.headers.clone();
        Outcome::of(&response)
    }

    /// The one number that all `grpc-status` agree on.
    fn number(&self) -> Option<u32> {
        let mut values = self.headers.get_all(GRPC_STATUS).iter();
        let first = values.next()?;
        let digits = first.as_bytes().iter().all(u8::is_ascii_digit);
        let number = first.to_str().ok()?.parse().ok();
        number.filter(|_| digits && values.all(|value| value == first))
    }
}

fn values() -> impl Strategy<Value = HeaderValue> {
    let known = select(vec![
        "application/grpc",
        "application/grpc+proto",
        "application/grpc-web",
        "text/html",
        "0",
        "00",
        "5",
        "16",
        "17",
        "4294967295",
        "4294967296",
        "+0",
        "-1",
        "100",
        "CAU",
        "CAUSBXRlYXBvdA==",
        "%41%",
    ]);
    let known = known.prop_map(HeaderValue::from_static);
    let other = noise(12).prop_filter_map("no value", |value| HeaderValue::from_bytes(&value).ok());
    prop_oneof![4 => known, 1 => other]
}

fn names() -> impl Strategy<Value = HeaderName> {
    select(vec![
        CONTENT_TYPE,
        GRPC_STATUS,
        GRPC_STATUS,
        GRPC_MESSAGE,
        GRPC_STATUS_DETAILS,
        HeaderName::from_static("grpc-retry-pushback-ms"),
        HeaderName::from_static("x-other"),
    ])
}

fn answers() -> impl Strategy<Value = Answer> {
    let http = prop_oneof![
        3 => Just(200),
        1 => select(vec![400u16, 401, 403, 404, 429, 502, 503, 504]),
        1 => 100..=999u16,
    ];
    let grpc = any::<bool>();
    let fields = vec((names(), values()), 0..6);
    (http, grpc, fields, any::<bool>()).prop_map(|(http, grpc, fields, end_stream)| {
        let mut headers = HeaderMap::new();
        if grpc {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        }
        for (name, value) in fields {
            headers.append(name, value);
        }
        Answer {
            http: StatusCode::from_u16(http).unwrap(),
            headers,
            end_stream,
        }
    })
}

proptest! {
    #![proptest_config(config())]

    ///
    #[test]
    fn ok_is_one_number_zero_and_nothing_else(answer in answers()) {
        prop_assert_eq!(answer.trailers().is_ok(), answer.number() == Some(0));
    }

    ///
    #[test]
    fn a_failure_has_the_number_or_says_why_not(answer in answers()) {
        let Err(status) = answer.trailers() else { return Ok(()) };
        prop_assert_ne!(status.code(), Code::Ok);
        prop_assert_eq!(response::has_status(&answer.headers), answer.number().is_some());
        match answer.number() {
            Some(number) if status.number() == number => {
                prop_assert_eq!(status.code(), Code::from_number(number).unwrap_or(Code::Unknown));
            }
            Some(_) => prop_assert_eq!(status.code(), Code::Internal),
            None if answer.headers.contains_key(GRPC_STATUS) => {
                prop_assert_eq!(status.code(), Code::Unknown);
            }
            None => prop_assert_eq!(status.code(), response::http_code(answer.http)),
        }
    }

    /// A-71 … A-76
    #[test]
    fn only_grpc_goes_on_and_only_its_end_can_be_ok(answer in answers()) {
        let grpc = response::is_grpc(&answer.headers, answer.end_stream);
        match answer.head() {
            Head::Open => prop_assert!(grpc && !answer.end_stream),
            Head::Finished(Ok(())) => {
                prop_assert!(grpc && answer.end_stream && answer.number() == Some(0));
            }
            Head::Finished(Err(status)) => {
                prop_assert!(!grpc || answer.end_stream);
                if !grpc {
                    prop_assert_eq!(status.code(), response::http_code(answer.http));
                }
            }
        }
    }

    /// C-13
    #[test]
    fn layers_see_what_the_stub_sees(answer in answers()) {
        let code = match answer.head() {
            Head::Open => None,
            Head::Finished(result) => Some(result.err().map_or(Code::Ok, |status| status.code())),
        };
        prop_assert_eq!(answer.outcome().code(), code);
    }

    ///
    #[test]
    fn an_end_without_trailers_is_never_ok(http in 100..=999u16, reset in any::<u32>()) {
        let missing = response::missing_trailers(StatusCode::from_u16(http).unwrap());
        prop_assert_ne!(missing.code(), Code::Ok);
        prop_assert_ne!(response::reset(reset).code(), Code::Ok);
        prop_assert_ne!(response::reset(reset % 16).code(), Code::Ok);
    }

    ///
    #[test]
    fn content_types_are_compared_whatever_they_are(got in values(), asked in "[ -~]{0,30}") {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, got)]);
        if let Err(status) = response::expect_content_type(&headers, &asked) {
            prop_assert!(response::is_grpc(&headers, false));
            prop_assert_eq!(status.code(), Code::Internal);
        }
    }

    ///
    #[test]
    fn a_status_that_is_written_is_the_status_that_is_read(answer in answers()) {
        let Err(status) = answer.trailers() else { return Ok(()) };
        let mut headers = HeaderMap::new();
        response::write(&status, &mut headers);
        prop_assert!(response::has_status(&headers));
        let read = response::trailers(StatusCode::OK, &headers).unwrap_err();
        if status.details_bytes().is_none() {
            prop_assert_eq!(read.code(), status.code());
            prop_assert_eq!(read.message(), status.message());
        }
        prop_assert_eq!(response::is_local(&headers), status.is_local());
    }
}
