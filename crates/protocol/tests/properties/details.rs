//! `grpc-status-details-bin`.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use proptest::{collection::vec, prelude::*};
use prost::Message;
use prost_types::Any;
use ziggurat_protocol::{
    Code, Status,
    response::{self, GRPC_STATUS, GRPC_STATUS_DETAILS},
    status::RpcStatus,
};

use crate::{config, noise, text};

/// A failure of this number, as its status is written with these details.
fn failed(number: u32, details: impl Into<Bytes>) -> Status {
    let mut trailers = HeaderMap::new();
    let status = Status::new(Code::Aborted, "text").with_details(details);
    response::write(&status, &mut trailers);
    trailers.insert(GRPC_STATUS, number.into());
    response::trailers(StatusCode::OK, &trailers).unwrap_err()
}

fn inner() -> impl Strategy<Value = RpcStatus> {
    let detail = ("[a-z./]{0,12}", noise(12)).prop_map(|(type_url, value)| Any { type_url, value });
    (0..20i32, text(8), vec(detail, 0..4))
        .prop_map(|(code, message, details)| RpcStatus::new(code, message, details))
}

proptest! {
    #![proptest_config(config())]

    ///
    #[test]
    fn details_come_back_or_contradict(number in 1..20u32, inner in inner()) {
        let status = failed(number, inner.encode_to_vec());
        let code = Code::from_number(number).unwrap_or(Code::Unknown);
        match u32::try_from(inner.code).unwrap() {
            0 => prop_assert!(status.details_bytes().is_none() && status.code() == code),
            same if same == number => {
                prop_assert_eq!(status.code(), code);
                prop_assert_eq!(status.details::<RpcStatus>().unwrap().unwrap(), inner);
            }
            _ => {
                prop_assert_eq!(status.code(), Code::Internal);
                prop_assert_eq!(status.details::<RpcStatus>().unwrap().unwrap(), inner);
            }
        }
    }

    ///
    #[test]
    fn other_bytes_are_kept_and_change_no_code(number in 1..20u32, bytes in noise(40)) {
        let status = failed(number, bytes.clone());
        let Ok(inner) = RpcStatus::decode(&bytes[..]) else {
            prop_assert_eq!(status.number(), number);
            prop_assert_eq!(status.details_bytes().unwrap(), &bytes);
            prop_assert!(status.details::<RpcStatus>().unwrap().is_err());
            return Ok(());
        };
        let agrees = inner.code == 0 || u32::try_from(inner.code) == Ok(number);
        prop_assert_eq!(status.number() == number, agrees || number == 13);
    }

    ///
    #[test]
    fn a_header_without_sense_is_as_none(text in "[!-~]{0,20}") {
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, HeaderValue::from_static("5"));
        trailers.insert(GRPC_STATUS_DETAILS, HeaderValue::from_str(&text).unwrap());
        let status = response::trailers(StatusCode::OK, &trailers).unwrap_err();
        prop_assert!(matches!(status.code(), Code::NotFound | Code::Internal));
        if status.details_bytes().is_none() {
            prop_assert_eq!(status.code(), Code::NotFound);
        }
    }
}
