//! Bytes that are no HTTP/2, from the beginning or in the middle of a call.

use ziggurat::Code;
use ziggurat_examples::cafe::LatteOrder;
use ziggurat_testing::peer::{Kind, RawFrame};

use crate::{
    assert_status, cafe, failure,
    odd::Odd,
    run,
    server::{answer, says},
};

/// An empty SETTINGS frame.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

#[test]
fn instead_of_settings() {
    //
    run(async {
        let mut odd = Odd::new(13);
        for _ in 0..40 {
            let url = says(odd.bytes(200)).await;
            let status = failure(&url).await;
            assert_status(&status, Code::Unavailable, &[&url]);
            assert!(status.is_local());
        }
    });
}

#[test]
fn behind_the_settings() {
    run(async {
        let mut odd = Odd::new(17);
        for _ in 0..40 {
            let mut bytes = SETTINGS.to_vec();
            bytes.extend(odd.bytes(200));
            let status = failure(&says(bytes).await).await;
            // By what the bytes happen to be: GOAWAY, RST_STREAM, a violation, or too few.
            assert!(status.is_local(), "{status:?}");
        }
    });
}

#[test]
fn in_the_middle_of_a_call() {
    //
    run(async {
        let mut odd = Odd::new(19);
        for _ in 0..40 {
            let bytes = odd.bytes(200);
            let (url, script) = answer(|conn, stream| async move {
                conn.grpc_headers(stream).await?;
                conn.bytes(&bytes).await?;
                conn.hang_up().await
            })
            .await;
            let status = cafe(&url)
                .make_latte(LatteOrder::default())
                .await
                .unwrap_err();
            assert!(status.is_local(), "{status:?}");
            script.finish().await.ok();
        }
    });
}

#[test]
fn a_frame_that_breaks_the_rules_of_http_2() {
    // a violation is the connection's end
    run(async {
        let (url, script) = answer(|conn, stream| async move {
            conn.grpc_headers(stream).await?;
            conn.frame(RawFrame::new(Kind::SETTINGS, 0, "five!")).await
        })
        .await;
        let status = cafe(&url)
            .make_latte(LatteOrder::default())
            .await
            .unwrap_err();
        assert_status(
            &status,
            Code::Unavailable,
            &[&url, "this side ended the connection to "],
        );
        assert!(status.cause().is_some());
        script.finish().await.ok();
    });
}
