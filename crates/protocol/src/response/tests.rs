use super::*;

fn map(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn finished(
    http: u16,
    pairs: &[(&'static str, &str)],
    end_stream: bool,
) -> Option<Result<(), Code>> {
    let http = StatusCode::from_u16(http).unwrap();
    match head(http, &map(pairs), end_stream) {
        Head::Open => None,
        Head::Finished(result) => Some(result.map_err(|status| status.code())),
    }
}

fn failed(pairs: &[(&'static str, &str)]) -> Status {
    trailers(StatusCode::OK, &map(pairs)).unwrap_err()
}

const GRPC: (&str, &str) = ("content-type", "application/grpc");

#[test]
fn a_status_that_can_be_read_is_one_number() {
    //
    for readable in [&["0"][..], &["99"], &["007"], &["5", "5"]] {
        let pairs: Vec<_> = readable.iter().map(|text| ("grpc-status", *text)).collect();
        assert!(has_status(&map(&pairs)), "{readable:?}");
    }
    for unreadable in [&[][..], &["x"], &[""], &["-1"], &["5", "6"], &["5", "x"]] {
        let pairs: Vec<_> = unreadable
            .iter()
            .map(|text| ("grpc-status", *text))
            .collect();
        assert!(!has_status(&map(&pairs)), "{unreadable:?}");
    }
    assert!(is_grpc(&map(&[GRPC]), false));
    assert!(!is_grpc(&map(&[("grpc-status", "0")]), false));
}

#[test]
fn content_type_decides_what_is_grpc() {
    //
    for grpc in [
        "application/grpc",
        "APPLICATION/gRPC+proto",
        "application/grpc;v=1",
        "application/grpc+json; a=b",
    ] {
        assert_eq!(
            finished(200, &[("content-type", grpc)], false),
            None,
            "{grpc}"
        );
    }
    for other in [
        "application/grpc-web",
        "application/grpcx",
        "text/html",
        "",
        "application/gr",
    ] {
        let pairs = [("content-type", other), ("grpc-status", "0")];
        assert_eq!(
            finished(200, &pairs, true),
            Some(Err(Code::Unknown)),
            "{other}"
        ); // M-4
    }
    assert_eq!(finished(200, &[], false), Some(Err(Code::Unknown)));
}

fn not_grpc(http: u16, pairs: &[(&'static str, &str)]) -> String {
    match head(StatusCode::from_u16(http).unwrap(), &map(pairs), true) {
        Head::Finished(Err(status)) => status.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bare_status_counts() {
    // grpclib answers unknown methods so
    let pairs = [("grpc-status", "12"), ("grpc-message", "Method not found")];
    assert_eq!(not_grpc(200, &pairs), "UNIMPLEMENTED: Method not found");
    assert_eq!(
        finished(404, &pairs[..1], true),
        Some(Err(Code::Unimplemented))
    );
    assert_eq!(finished(503, &[("grpc-status", "0")], true), Some(Ok(())));
    // Not if something follows, if it cannot be read, or if the content-type says otherwise.
    assert_eq!(finished(200, &pairs, false), Some(Err(Code::Unknown)));
    for pairs in [
        &[("grpc-status", "x")][..],
        &[("grpc-status", "12"), ("grpc-status", "13")],
        &[("grpc-status", "12"), ("content-type", "text/html")],
        &[("grpc-status", "12"), ("content-type", "")],
    ] {
        assert_eq!(
            finished(200, pairs, true),
            Some(Err(Code::Unknown)),
            "{pairs:?}"
        );
    }
}

#[test]
fn what_does_not_count_is_shown() {
    //
    let html = ("content-type", "text/html");
    assert_eq!(
        not_grpc(502, &[html, ("grpc-message", "upstream%20is%20gone")]),
        "UNAVAILABLE: the answer is not gRPC: HTTP 502 Bad Gateway, content-type text/html, \
         grpc-message upstream is gone"
    );
    assert_eq!(
        not_grpc(431, &[("grpc-message", "headers too large")]),
        "UNKNOWN: the answer is not gRPC: HTTP 431 Request Header Fields Too Large, no content-type, \
         grpc-message headers too large"
    );
    assert_eq!(
        not_grpc(200, &[html, ("grpc-status", "12"), ("grpc-message", "no")]),
        "UNKNOWN: the answer is not gRPC: HTTP 200 OK, content-type text/html, grpc-status 12, \
         grpc-message no"
    );
}

#[test]
fn what_a_peer_wrote_is_shown_on_one_line() {
    //
    let long = "x".repeat(5000);
    for pairs in [
        &[("content-type", "text/\u{202e}html")][..],
        &[("content-type", &long)],
        &[("content-type", "x"), ("grpc-status", "\u{202e}1")],
        &[("content-type", "x"), ("grpc-status", &long)],
        &[("content-type", "x"), ("grpc-message", "a%0a%00%1b[2Jb")],
        &[("content-type", "x"), ("grpc-message", &long)],
        &[GRPC, ("grpc-status", "\u{202e}"), ("grpc-message", "a%0ab")],
        &[GRPC, ("grpc-status", &long)],
        &[
            GRPC,
            ("grpc-status", "5"),
            ("grpc-message", "a%0a%00%1b[2Jb"),
        ],
        &[GRPC, ("grpc-status", "5"), ("grpc-message", &long)],
    ] {
        let text = not_grpc(200, pairs);
        assert!(text.len() < 4200, "{}", text.len());
        assert!(
            !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{text:?}"
        );
    }
    let expected = map(&[("content-type", &format!("application/grpc+{long}"))]);
    let status = expect_content_type(&expected, "application/grpc+proto").unwrap_err();
    assert!(status.message().len() < 300, "{status}");
}

#[test]
fn no_sentence_ends_in_the_middle() {
    //
    assert_eq!(
        failed(&[("grpc-status", "abc")]).message(),
        "the server sent `abc` as grpc-status"
    );
    assert_eq!(
        failed(&[("grpc-status", "abc"), ("grpc-message", "no")]).message(),
        "the server sent `abc` as grpc-status: no"
    );
    assert_eq!(
        failed(&[("grpc-status", "17")]).to_string(),
        "UNKNOWN (17): the server sent status 17, which gRPC does not define"
    );
    let odd = failed(&[("grpc-status", "17"), ("grpc-message", "odd")]);
    assert_eq!(
        (odd.to_string().as_str(), odd.message()),
        ("UNKNOWN (17): odd", "odd")
    );
    assert_eq!(failed(&[("grpc-status", "5")]).to_string(), "NOT_FOUND");
}

#[test]
fn http_statuses_map_by_the_table() {
    //
    for (http, code) in [
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
        (409, Code::Unknown),
        (412, Code::Unknown),
        (413, Code::Unknown),
        (415, Code::Unknown),
        (418, Code::Unknown),
        (431, Code::Unknown), // M-2
        (500, Code::Unknown),
        (505, Code::Unknown),
        (800, Code::Unknown),
    ] {
        assert_eq!(finished(http, &[], false), Some(Err(code)), "{http}");
        assert_eq!(finished(http, &[GRPC], true), Some(Err(code)), "{http}");
        let http = StatusCode::from_u16(http).unwrap();
        assert_eq!(missing_trailers(http).code(), code);
    }
}

#[test]
fn a_grpc_status_beats_the_http_status() {
    //
    assert_eq!(
        finished(503, &[GRPC, ("grpc-status", "0")], true),
        Some(Ok(()))
    );
    assert_eq!(finished(503, &[GRPC], false), None);
}

#[test]
fn trailers_only_is_the_end_of_the_stream_not_a_name() {
    //
    let pairs = [GRPC, ("grpc-status", "8")];
    assert_eq!(finished(200, &pairs, false), None);
    assert_eq!(
        finished(200, &pairs, true),
        Some(Err(Code::ResourceExhausted))
    );
    assert_eq!(finished(200, &[GRPC], true), Some(Err(Code::Unknown)));
}

#[test]
fn subtypes_are_compared() {
    //
    let check = |value| {
        let headers = map(&[("content-type", value)]);
        expect_content_type(&headers, "application/grpc+proto").is_ok()
    };
    assert!(
        check("application/grpc") && check("application/grpc+PROTO") && check("application/grpc;x")
    );
    assert!(!check("application/grpc+json"));
}

#[test]
fn statuses_are_digits() {
    //
    assert!(trailers(StatusCode::OK, &map(&[("grpc-status", "0")])).is_ok());
    assert!(trailers(StatusCode::OK, &map(&[("grpc-status", "000")])).is_ok());
    assert_eq!(failed(&[("grpc-status", "05")]).code(), Code::NotFound);
    for bad in ["", "-1", "+5", " 5", "5 5", "x", "4294967296", "５"] {
        let status = failed(&[("grpc-status", bad)]);
        assert_eq!(status.code(), Code::Unknown, "{bad}");
        assert!(status.message().contains(&format!("`{bad}`")) && status.is_local());
    }
    let unknown = failed(&[("grpc-status", "99"), ("grpc-message", "m")]);
    assert_eq!(
        (unknown.code(), unknown.number(), unknown.message()),
        (Code::Unknown, 99, "m")
    );
    assert_eq!(failed(&[]).code(), Code::Unknown);
    assert_eq!(
        failed(&[]).message(),
        "the server ended the call without a grpc-status"
    );
    assert!(
        trailers(
            StatusCode::OK,
            &map(&[("grpc-status", "0"), ("grpc-status", "0")])
        )
        .is_ok()
    );
    assert_eq!(
        failed(&[("grpc-status", "0"), ("grpc-status", "5")]).code(),
        Code::Unknown
    );
}

#[test]
fn ends_without_trailers_are_internal() {
    //
    assert_eq!(missing_trailers(StatusCode::OK).code(), Code::Internal);
    assert_eq!(truncated().code(), Code::Internal);
}

#[test]
fn messages_are_decoded_whatever_they_hold() {
    //
    for (raw, text) in [
        ("%09%0Atest%20x%E2%98%BA%0a", "\t\ntest x☺\n"),
        ("100%", "100%"),
        ("%zz%4", "%zz%4"),
        ("%ff", "\u{fffd}"),
        ("é", "é"),
        ("", ""),
    ] {
        let status = failed(&[("grpc-status", "5"), ("grpc-message", raw)]);
        assert_eq!((status.code(), status.message()), (Code::NotFound, text));
    }
}

#[test]
fn details_stay_or_are_ignored() {
    //
    let encoded = |code| {
        let inner = RpcStatus {
            code,
            ..RpcStatus::default()
        };
        metadata::base64(&inner.encode_to_vec())
            .to_str()
            .unwrap()
            .to_owned()
    };
    let with =
        |details: &str| failed(&[("grpc-status", "5"), ("grpc-status-details-bin", details)]);
    assert!(with(&encoded(5)).details_bytes().is_some());
    let contradiction = with(&encoded(3));
    assert_eq!(contradiction.code(), Code::Internal);
    assert!(contradiction.message().contains('5') && contradiction.message().contains('3'));
    for ignored in ["%", &encoded(0), "qw,qw"] {
        let status = with(ignored);
        assert_eq!(
            (status.code(), status.details_bytes()),
            (Code::NotFound, None),
            "{ignored}"
        );
    }
    let foreign = with("/////w"); // no google.rpc.Status: for a codec of the user's
    assert_eq!(
        (foreign.code(), foreign.details_bytes().is_some()),
        (Code::NotFound, true)
    );
}

#[test]
fn details_of_a_success_are_ignored() {
    //
    for details in ["CAU", "%", ""] {
        let pairs = [("grpc-status", "0"), ("grpc-status-details-bin", details)];
        assert!(trailers(StatusCode::OK, &map(&pairs)).is_ok(), "{details}");
    }
}

#[test]
fn written_statuses_are_read_back() {
    let cause = std::io::Error::other("cable");
    let status = Status::local(Code::Unavailable, "100% ☺\n").with_source(cause);
    let response = trailers_only::<String>(status);
    let read = trailers(response.status(), response.headers()).unwrap_err();
    assert!(read.is_local() && !failed(&[("grpc-status", "14")]).is_local());
    assert_eq!(
        (read.code(), read.message()),
        (Code::Unavailable, "100% ☺\n")
    );
    assert!(
        with_local_cause(read, response.extensions())
            .cause()
            .is_some()
    );
    // A layer that rewrote the answer wins.
    let other = Status::new(Code::Aborted, "");
    assert!(
        with_local_cause(other, response.extensions())
            .cause()
            .is_none()
    );
}
