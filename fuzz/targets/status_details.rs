//! `grpc-status-details-bin`: any bytes keep the code of the call, or contradict it in good order.
#![no_main]

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use ziggurat_protocol::{
    Code, Status,
    response::{self, GRPC_STATUS, GRPC_STATUS_DETAILS},
    status::{DetailsCodec, RpcStatus},
};
use ziggurat_types::StandardDetails;

#[derive(Arbitrary, Debug)]
enum Details<'a> {
    /// The bytes, before base64.
    Bytes(&'a [u8]),
    /// The header as it is.
    Header(&'a [u8]),
}

/// A NOT_FOUND with these details.
fn failed(details: &Details<'_>) -> Option<Status> {
    let mut trailers = HeaderMap::new();
    match *details {
        Details::Bytes(bytes) => {
            let status =
                Status::new(Code::NotFound, "").with_details(Bytes::copy_from_slice(bytes));
            response::write(&status, &mut trailers);
        }
        Details::Header(raw) => {
            trailers.insert(GRPC_STATUS, HeaderValue::from_static("5"));
            trailers.insert(GRPC_STATUS_DETAILS, HeaderValue::from_bytes(raw).ok()?);
        }
    }
    response::trailers(StatusCode::OK, &trailers).err()
}

/// What was understood is what is written again.
fn write_again(bytes: &Bytes) {
    let Ok(read) = StandardDetails::decode(bytes.clone()) else {
        return;
    };
    let again = StandardDetails::decode(read.clone().encode()).expect("of our own making");
    assert_eq!(again, read);
}

fuzz_target!(|details: Details<'_>| {
    let Some(status) = failed(&details) else {
        return;
    };
    let Some(bytes) = status.details_bytes() else {
        assert_eq!(status.code(), Code::NotFound);
        return;
    };
    if let Details::Bytes(sent) = details {
        assert_eq!(bytes, sent);
    }
    let inner = status.details::<RpcStatus>().expect("there are some");
    let code = inner.as_ref().map_or(5, |inner| inner.code);
    let expected = if code == 5 {
        Code::NotFound
    } else {
        Code::Internal
    };
    assert_eq!(status.code(), expected);
    write_again(bytes);
});
