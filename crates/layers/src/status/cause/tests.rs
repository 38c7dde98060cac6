use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tower::{Layer, ServiceExt, service_fn};

use super::*;

/// An error that came from another one.
#[derive(Debug)]
struct Outer(&'static str, BoxError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.1)
    }
}

fn outer(error: impl Into<BoxError>) -> BoxError {
    Outer("outer", error.into()).into()
}

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

#[test]
fn the_first_known_error_decides() {
    // A-105, A-139
    let table: [(BoxError, Code); 11] = [
        (Elapsed::Ready.into(), Code::DeadlineExceeded),
        (tower_timeout::Elapsed::new().into(), Code::DeadlineExceeded),
        (Overloaded::new().into(), Code::ResourceExhausted),
        (Abandoned::Cancelled.into(), Code::Cancelled),
        (
            h2::Error::from(h2::Reason::REFUSED_STREAM).into(),
            Code::Unavailable,
        ),
        (h2::Error::from(h2::Reason::CANCEL).into(), Code::Cancelled),
        (refused().into(), Code::Unavailable),
        (io::Error::other(refused()).into(), Code::Unavailable),
        (
            io::Error::other(Elapsed::Ready).into(),
            Code::DeadlineExceeded,
        ),
        (Unavailable("too slow".into()).into(), Code::Unavailable),
        ("what is this?".into(), Code::Unknown),
    ];
    for (error, code) in table {
        let text = error.to_string();
        assert_eq!(classify(&*error).code(), code, "{text}");
        let status = from_error(outer(error));
        assert_eq!(status.code(), code, "{text}");
        assert!(status.is_local(), "{text}"); // A-138
        assert!(
            status.cause().is_some_and(<dyn Error>::is::<Outer>),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tokios_and_towers_own_timeouts() {
    let never = std::future::pending::<()>();
    let error = tokio::time::timeout(Duration::from_millis(1), never)
        .await
        .unwrap_err();
    assert_eq!(from_error(error.into()).code(), Code::DeadlineExceeded);

    let never = service_fn(|()| std::future::pending::<Result<(), BoxError>>());
    let service = tower::timeout::TimeoutLayer::new(Duration::from_millis(1)).layer(never);
    let error = service.oneshot(()).await.unwrap_err();
    assert_eq!(from_error(error).code(), Code::DeadlineExceeded);
}

#[test]
fn a_status_is_kept_as_it_is() {
    let made = || Status::new(Code::NotFound, "no bean").with_source(refused());
    for error in [
        made().into(),
        outer(made()),
        io::Error::other(made()).into(),
    ] {
        let status = from_error(error);
        assert_eq!(
            (status.code(), status.message()),
            (Code::NotFound, "no bean")
        );
        // The first cause, not a status in a status.
        assert!(status.cause().is_some_and(<dyn Error>::is::<io::Error>));
    }
    let bare = from_error(outer(Status::new(Code::NotFound, "no bean")));
    assert!(bare.cause().is_none());
}

#[test]
fn a_failure_is_no_success() {
    // A-129
    for error in [
        Status::new(Code::Ok, "").into(),
        outer(Status::new(Code::Ok, "")),
    ] {
        assert_eq!(from_error(error).code(), Code::Unknown);
    }
}

#[test]
fn a_mark_is_no_cause() {
    let status = from_error(Unavailable(outer("deep")).into());
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, "outer: deep")
    );
    assert!(status.cause().is_some_and(<dyn Error>::is::<Outer>));
    // It speaks before what it marks.
    let reset = h2::Error::from(h2::Reason::CANCEL);
    assert_eq!(
        from_error(Unavailable(reset.into()).into()).code(),
        Code::Unavailable
    );
}

#[test]
fn the_text_says_what_happened() {
    // A-114
    let text = |error| from_error(error).message().to_owned();
    assert_eq!(text(outer(refused())), "outer: connection refused");
    assert_eq!(
        text(Outer("cannot: no idea", "no idea".into()).into()),
        "cannot: no idea"
    );
    assert_eq!(text("alone".into()), "alone");
    let held = io::Error::other(Outer("in other words", refused().into()));
    assert_eq!(text(outer(held)), "outer: in other words");
    // A reset of this side: who wants it says why; HTTP/2's code says so only where it stands alone.
    let reset = || h2::Error::from(h2::Reason::ENHANCE_YOUR_CALM);
    assert_eq!(text(outer(reset())), "outer");
    let bare = "this side reset the stream with ENHANCE_YOUR_CALM (0xb)";
    assert_eq!(text(reset().into()), bare);
}

/// The error of a request whose server answers with these frames and goes away.
async fn answered_with(frames: &'static [u8]) -> h2::Error {
    let (near, mut far) = duplex(1024);
    let (mut client, connection) = h2::client::handshake(near).await.unwrap();
    let request = http::Request::get("http://cafe.example/").body(()).unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    let server = async {
        let mut seen = Vec::new();
        // The client's HEADERS: type 1, END_STREAM and END_HEADERS, stream 1.
        while !seen.windows(6).any(|head| head == [1, 5, 0, 0, 0, 1]) {
            far.read_buf(&mut seen).await.unwrap();
        }
        far.write_all(frames).await.unwrap();
        drop(far);
    };
    // What fails is the answer or, behind its headers, its end.
    let end = async { answer.await?.into_body().trailers().await };
    let (_, (), end) = tokio::join!(connection, server, end);
    end.unwrap_err()
}

const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// SETTINGS and one more frame.
macro_rules! frames {
    ($($byte:expr),*) => {{
        const FRAMES: &[u8] = &{
            let [a, b, c, d, e, f, g, h, i] = SETTINGS;
            [a, b, c, d, e, f, g, h, i, $($byte),*]
        };
        FRAMES
    }};
}

#[tokio::test]
async fn what_http2_reports() {
    // A-105, A-110, A-114, L-9, L-10
    let reset = answered_with(frames![0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 11]).await;
    assert!(reset.is_reset() && reset.is_remote());
    let go_away = answered_with(frames![0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).await;
    assert!(go_away.is_go_away() && go_away.is_remote());
    let nonsense = answered_with(frames![0, 0, 5, 8, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]).await;
    assert!(nonsense.is_go_away() && nonsense.is_library());
    let lost = answered_with(&SETTINGS).await;
    assert!(lost.is_io());
    for (error, code) in [
        (reset, Code::ResourceExhausted),
        (go_away, Code::Unavailable),
        (nonsense, Code::Unavailable),
        (lost, Code::Unavailable),
    ] {
        let text = error.to_string();
        assert_eq!(from_error(outer(error)).code(), code, "{text}");
    }
    // The server's reset is told by its code.
    let reset = answered_with(frames![0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 11]).await;
    let status = from_error(outer(reset));
    assert_eq!(
        status.message(),
        "outer: the server reset the stream with ENHANCE_YOUR_CALM (0xb): it asks for less, bandwidth is used up"
    );
    // What was told is not told again.
    let reset = answered_with(frames![0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 11]).await;
    let told = Outer("the server said ENHANCE_YOUR_CALM", reset.into());
    assert_eq!(
        from_error(told.into()).message(),
        "the server said ENHANCE_YOUR_CALM"
    );
    // So is what a GOAWAY says, as far as it fits.
    let go_away = answered_with(frames![
        0, 0, 11, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'b', b'\n', b'y'
    ])
    .await;
    assert_eq!(
        from_error(go_away.into()).message(),
        r"the server ended the connection with NO_ERROR (0x0): b\ny"
    );
}

#[tokio::test]
async fn a_stream_that_breaks_the_protocol() {
    // A-71: an answer without `:status`. h2 resets the stream, the connection lives.
    let error = answered_with(frames![0, 0, 3, 1, 5, 0, 0, 0, 1, 0x0f, 0x0d, 0x00]).await;
    assert!(error.is_reset() && error.is_library(), "{error:?}");
    let status = from_error(error.into());
    assert_eq!(status.code(), Code::Internal);
    let text = "this side reset the stream with PROTOCOL_ERROR (0x1): what the server sent breaks HTTP/2: ";
    assert!(status.message().starts_with(text), "{status}"); // A-105
}

#[tokio::test]
async fn a_status_that_is_no_number() {
    // A-71: h2 takes `:status: 0` for a broken header block, which ends the connection.
    let error = answered_with(frames![0, 0, 3, 1, 5, 0, 0, 0, 1, 0x08, 1, b'0']).await;
    assert!(error.is_go_away() && error.is_library(), "{error:?}");
    assert_eq!(from_error(error.into()).code(), Code::Unavailable);
}

#[tokio::test]
async fn an_informational_answer_that_ends_the_stream() {
    // A-70: `:status: 103` with END_STREAM
    let error = answered_with(frames![
        0, 0, 5, 1, 5, 0, 0, 0, 1, 0x08, 3, b'1', b'0', b'3'
    ])
    .await;
    assert!(error.is_reset() && error.is_library(), "{error:?}");
    assert_eq!(from_error(error.into()).code(), Code::Internal);
}

#[tokio::test]
async fn a_second_header_block_that_does_not_end_the_stream() {
    // A-78: `:status: 200`, then a field
    let error = answered_with(frames![
        0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88, //
        0, 0, 3, 1, 4, 0, 0, 0, 1, 0x0f, 0x0d, 0x00
    ])
    .await;
    assert!(error.is_reset() && error.is_library(), "{error:?}");
    assert_eq!(from_error(error.into()).code(), Code::Internal);
}

#[tokio::test]
async fn misuse_of_http2() {
    let (near, _far) = duplex(1024);
    let (mut client, _connection) = h2::client::handshake(near).await.unwrap();
    let mut request = http::Request::new(()); // without an authority
    *request.version_mut() = http::Version::HTTP_2;
    let error = client.send_request(request, true).unwrap_err();
    assert!(error.reason().is_none());
    assert_eq!(from_error(error.into()).code(), Code::Internal);
}
