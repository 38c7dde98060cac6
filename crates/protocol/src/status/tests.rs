use std::{error::Error, io};

use super::*;

#[test]
fn is_one_pointer() {
    assert_eq!(size_of::<Status>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Status>>(), size_of::<usize>());
}

#[test]
fn keeps_its_source() {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let status = Status::local(Code::Unavailable, "cannot connect").with_source(refused);
    let source = status.cause().and_then(|s| s.downcast_ref::<io::Error>());
    assert_eq!(
        source.map(io::Error::kind),
        Some(io::ErrorKind::ConnectionRefused)
    );
    assert!(status.is_local());
    assert!(status.clone().cause().is_some());
    // Said once: by the text, or by the source.
    assert_eq!(status.source().unwrap().to_string(), "connection refused");
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let told =
        Status::local(Code::Unavailable, "cannot connect: connection refused").with_source(refused);
    assert!(told.source().unwrap().is::<io::Error>());
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let same = Status::local(Code::Unavailable, "connection refused").with_source(refused);
    assert!(same.source().is_none() && same.cause().is_some());
}

#[test]
fn unknown_numbers_stay_readable() {
    //
    let status = Status::received(17, "odd".to_owned());
    assert_eq!((status.code(), status.number()), (Code::Unknown, 17));
    assert!(format!("{status:?}").contains("number: 17"));
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "NOT_FOUND is never made by the library")]
fn the_library_does_not_make_up_application_codes() {
    //
    let _ = Status::local(Code::NotFound, "");
}

#[test]
fn metadata_that_may_not_be_sent_is_internal() {
    //
    let invalid = InvalidMetadata::Value("x-flavour".into());
    let status = Status::from(invalid.clone());
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), invalid.to_string());
    let source = status.cause().and_then(|source| source.downcast_ref());
    assert_eq!(source, Some(&invalid));
}

#[test]
fn details_are_read_on_demand() {
    let inner = RpcStatus {
        code: 9,
        message: "m".into(),
        details: vec![prost_types::Any {
            type_url: "type.googleapis.com/cafe.v1.Unheard".into(),
            value: vec![1, 2],
        }],
    };
    let bytes = prost::Message::encode_to_vec(&inner);
    let status = Status::new(Code::FailedPrecondition, "m").with_details(bytes);
    assert_eq!(status.details::<RpcStatus>().unwrap().unwrap(), inner);
    let broken = Status::new(Code::Aborted, "").with_details(&b"\xff"[..]);
    let error = broken.details::<RpcStatus>().unwrap().unwrap_err();
    assert!(error.source().is_none() && error.cause().is::<prost::DecodeError>());
    assert!(
        Status::new(Code::Aborted, "")
            .details::<RpcStatus>()
            .is_none()
    );
}
