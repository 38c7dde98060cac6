//! gRPC answers with something wrong inside.

use prost::DecodeError;
use ziggurat::{Channel, Client, Code, Method, Status, shape};
use ziggurat_examples::{
    cafe::{Coffee, LatteOrder},
    server::{Machine, serve},
};
use ziggurat_testing::peer::{PeerError, Reason};

use crate::{
    assert_status, cafe, cause, run,
    server::{Answering, answer, url},
};

/// How a unary call ends that is answered like this.
async fn ending<R>(
    script: impl FnOnce(Answering, u32) -> R + Send + 'static,
) -> Result<Coffee, Status>
where
    R: Future<Output = Result<(), PeerError>> + Send + 'static,
{
    let (url, script) = answer(script).await;
    let result = cafe(&url).make_latte(LatteOrder::default()).await;
    script.finish().await.unwrap();
    result
}

#[test]
fn a_message_of_another_type() {
    //
    run(async {
        let status =
            ending(|conn, stream| async move { conn.respond_ok(stream, ["\n\x01"]).await });
        let status = status.await.unwrap_err();
        assert_status(
            &status,
            Code::Internal,
            &["the answer does not deserialise"],
        );
        assert!(status.is_local());
        cause::<DecodeError>(&status);
        assert!(status.peer().is_some());
    });
}

#[test]
fn a_request_of_another_type() {
    static ORDER: Method<Coffee, Coffee, shape::Unary> =
        Method::new("/cafe.v1.CoffeeMachine/MakeLatte");
    // Both fields swapped in type: what the server makes of it is its status.
    run(async {
        let (address, server) = serve(Machine).await.unwrap();
        let channel = Channel::builder(&url(address)).unwrap().connect_lazy();
        let coffee = Coffee {
            name: "Ada".to_owned(),
            temperature: 90,
        };
        let status = Client::<_>::new(channel)
            .unary(&ORDER, coffee)
            .await
            .unwrap_err();
        assert_status(&status, Code::Internal, &["failed to decode"]);
        assert!(!status.is_local());
        server.abort();
    });
}

#[test]
fn a_truncated_message() {
    //
    run(async {
        for bytes in [&b"\0"[..], b"\0\0\0\0\x05", b"\0\0\0\0\x05half"] {
            let trailers = ending(move |conn, stream| async move {
                conn.grpc_headers(stream).await?;
                conn.data(stream, bytes).await?;
                conn.trailers(stream, [("grpc-status", "0")]).await
            });
            let status = trailers.await.unwrap_err();
            assert_status(&status, Code::Internal, &["ended inside a message"]);
            let no_trailers = ending(move |conn, stream| async move {
                conn.grpc_headers(stream).await?;
                conn.last_data(stream, bytes).await
            });
            let status = no_trailers.await.unwrap_err();
            assert_status(&status, Code::Internal, &["without sending trailers"]);
            let failed = ending(move |conn, stream| async move {
                conn.grpc_headers(stream).await?;
                conn.data(stream, bytes).await?;
                conn.trailers(stream, [("grpc-status", "5")]).await
            });
            assert_status(&failed.await.unwrap_err(), Code::NotFound, &[]);
        }
    });
}

#[test]
fn a_message_that_is_longer_than_ever_comes() {
    // nothing is reserved for it
    run(async {
        let status = ending(|conn, stream| async move {
            conn.grpc_headers(stream).await?;
            conn.data(stream, &b"\0\xff\xff\xff\xff"[..]).await
        });
        let texts = ["4294967295 bytes", "receive limit of 4194304 bytes"];
        assert_status(&status.await.unwrap_err(), Code::ResourceExhausted, &texts);
    });
}

#[test]
fn a_status_number_that_grpc_does_not_define() {
    //
    run(async {
        for number in [17, 99, u32::MAX] {
            let status = ending(move |conn, stream| async move {
                conn.respond_status(stream, number, "odd").await
            });
            let status = status.await.unwrap_err();
            assert_status(&status, Code::Unknown, &["odd"]);
            assert_eq!(status.number(), number);
            assert!(!status.is_local());
        }
    });
}

#[test]
fn a_status_that_is_no_number() {
    //
    run(async {
        let status = ending(|conn, stream| async move {
            conn.grpc_headers(stream).await?;
            conn.trailers(
                stream,
                [("grpc-status", "fine"), ("grpc-message", "trust me")],
            )
            .await
        });
        assert_status(
            &status.await.unwrap_err(),
            Code::Unknown,
            &["`fine`", "trust me"],
        );
    });
}

#[test]
fn a_message_text_that_is_not_well_encoded() {
    //
    run(async {
        let status = ending(|conn, stream| async move {
            conn.respond_status(stream, 3, "100 %, %zz %e2%98%95 \u{2615} %ff")
                .await
        });
        let status = status.await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "100 %, %zz \u{2615} \u{2615} \u{fffd}");
    });
}

#[test]
fn a_connection_that_is_cut_before_the_status() {
    //
    run(async {
        let (url, script) = answer(|conn, stream| async move {
            conn.grpc_headers(stream).await?;
            conn.message(stream, "").await?;
            conn.hang_up().await
        })
        .await;
        let status = cafe(&url)
            .make_latte(LatteOrder::default())
            .await
            .unwrap_err();
        assert_status(&status, Code::Unavailable, &[&url]);
        assert!(status.cause().is_some());
        script.finish().await.ok();
    });
}

#[test]
fn a_stream_that_is_reset_before_the_status() {
    //
    run(async {
        for (reason, code) in [
            (Reason::PROTOCOL_ERROR, Code::Internal),
            (Reason::CANCEL, Code::Cancelled),
            (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
            (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
        ] {
            let status = ending(move |conn, stream| async move {
                conn.grpc_headers(stream).await?;
                conn.message(stream, "").await?;
                conn.reset(stream, reason).await
            });
            let status = status.await.unwrap_err();
            assert_status(&status, code, &[&reason.to_string()]);
            assert!(status.is_local());
            cause::<h2::Error>(&status);
        }
    });
}
