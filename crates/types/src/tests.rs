use std::collections::HashMap;

use bytes::Bytes;
use prost_types::{Any, Duration};
use ziggurat_protocol::{
    Code,
    status::{self, DetailsCodec as _},
};

use super::*;

fn all() -> Vec<Detail> {
    let text = LocalizedMessage {
        locale: "de".into(),
        message: "keine Milch".into(),
    };
    let violation = quota_failure::Violation {
        subject: "s".into(),
        quota_dimensions: HashMap::from([("zone".into(), "a".into())]),
        quota_value: 5,
        future_quota_value: Some(0),
        ..Default::default()
    };
    let field = bad_request::FieldViolation {
        field: "sugar".into(),
        reason: "TOO_MUCH".into(),
        localized_message: Some(text.clone()),
        ..Default::default()
    };
    vec![
        ErrorInfo {
            reason: "R".into(),
            metadata: HashMap::from([("k".into(), "v".into())]),
            ..Default::default()
        }
        .into(),
        RetryInfo {
            retry_delay: Some(Duration {
                seconds: 1,
                nanos: 2,
            }),
        }
        .into(),
        DebugInfo::default().into(),
        QuotaFailure {
            violations: vec![violation],
        }
        .into(),
        PreconditionFailure {
            violations: vec![precondition_failure::Violation::default()],
        }
        .into(),
        BadRequest {
            field_violations: vec![field],
        }
        .into(),
        RequestInfo::default().into(),
        ResourceInfo::default().into(),
        Help {
            links: vec![help::Link::default()],
        }
        .into(),
        text.into(),
        Detail::Unknown(Any {
            type_url: "type.example/x.Y".into(),
            value: vec![1, 2],
        }),
    ]
}

#[test]
fn order_and_number_survive() {
    let mut details = all();
    details.extend(all());
    let status = StandardDetails {
        code: 5,
        message: "m".into(),
        details,
    };
    assert_eq!(
        StandardDetails::decode(status.clone().encode()).unwrap(),
        status
    );
}

#[test]
fn type_is_what_follows_the_last_slash() {
    for prefix in ["type.googleapis.com/", "", "a/b/c/"] {
        let mut any = Detail::from(DebugInfo::default()).into_any();
        assert_eq!(any.type_url, "type.googleapis.com/google.rpc.DebugInfo");
        any.type_url = format!("{prefix}google.rpc.DebugInfo");
        assert_eq!(Detail::from_any(any), DebugInfo::default().into());
    }
}

#[test]
fn undecodable_detail_stays_as_it_is() {
    let any = Any {
        type_url: "type.googleapis.com/google.rpc.ErrorInfo".into(),
        value: vec![0x0a, 0xff],
    };
    assert_eq!(Detail::from_any(any.clone()), Detail::Unknown(any));
}

#[test]
fn a_status_gives_its_details() {
    let details = StandardDetails {
        code: 5,
        message: "m".into(),
        details: all(),
    };
    let status = status::Status::new(Code::NotFound, "m").with_details(details.clone().encode());
    let read = status.details::<StandardDetails>().unwrap().unwrap();
    assert_eq!(read, details);
    // Read by the codec that knows no standard details, each is an Any.
    let plain = status.details::<Status>().unwrap().unwrap();
    assert_eq!(
        plain.details[0].type_url,
        "type.googleapis.com/google.rpc.ErrorInfo"
    );
    assert_eq!(StandardDetails::from(plain), details);
}

#[test]
fn what_is_no_status_is_an_error() {
    let error = StandardDetails::decode(Bytes::from_static(b"\xff")).unwrap_err();
    assert!(error.cause().is::<prost::DecodeError>());
    assert_eq!(
        StandardDetails::decode(Bytes::new()).unwrap(),
        StandardDetails::default()
    );
}

#[test]
fn garbage_never_panics() {
    let good = StandardDetails {
        code: 3,
        message: "m".into(),
        details: all(),
    }
    .encode();
    for end in 0..good.len() {
        let _ = StandardDetails::decode(good.slice(..end));
        for bits in [1, 0x80, 0xff] {
            let mut bad = good.to_vec();
            bad[end] ^= bits;
            let _ = StandardDetails::decode(bad.into());
        }
    }
}
