//! What becomes of answers that a proper server does not give.

use std::convert::Infallible;

use http_body_util::BodyExt;
use tower::service_fn;
use ziggurat::{Code, Status};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, Order};

use crate::{
    in_process::{Answer, framed},
    messages::{coffee, filter, line, order},
    run,
};

/// What a unary call becomes.
pub(crate) async fn unary(answer: Answer) -> Result<Coffee, Status> {
    answer.stub().make_latte(order()).await
}

/// What a server-streaming call becomes: the messages that were delivered, and its end.
async fn stream(answer: Answer) -> (usize, Result<(), Status>) {
    let mut orders = match answer.stub().watch(filter(0)).await {
        Ok(orders) => orders,
        Err(status) => return (0, Err(status)),
    };
    let mut delivered = 0;
    loop {
        match orders.recv().await {
            Ok(Some(_)) => delivered += 1,
            Ok(None) => return (delivered, Ok(())),
            Err(status) => return (delivered, Err(status)),
        }
    }
}

#[track_caller]
pub(crate) fn assert_fails(status: &Status, code: Code, text: &str) {
    assert_eq!(status.code(), code, "{status}");
    assert!(status.message().contains(text), "{status}");
}

#[test]
fn an_answer_that_ends_without_a_status_never_is_ok() {
    //
    run(async {
        let without_trailers = Answer::grpc().message(&Order::default());
        let (delivered, end) = stream(without_trailers.clone()).await;
        assert_eq!(delivered, 1);
        assert_fails(
            &end.unwrap_err(),
            Code::Internal,
            "without sending trailers",
        );
        let status = unary(without_trailers).await.unwrap_err();
        assert_fails(&status, Code::Internal, "without sending trailers");
        let without_status = Answer::grpc()
            .message(&coffee())
            .trailers(&[("x-trailing", "bye")]);
        let status = unary(without_status).await.unwrap_err();
        assert_fails(&status, Code::Unknown, "without a grpc-status");
        assert_eq!(status.trailing_metadata().get("x-trailing"), Some("bye"));
        let (_, end) = stream(Answer::grpc().data("")).await;
        assert_fails(
            &end.unwrap_err(),
            Code::Internal,
            "without sending trailers",
        );
        //
        let (_, end) = stream(Answer::grpc()).await;
        assert_fails(&end.unwrap_err(), Code::Unknown, "without a grpc-status");
    });
}

#[test]
fn a_status_in_the_headers_does_not_count_if_something_follows() {
    //
    run(async {
        let answer = Answer::grpc().header("grpc-status", "8");
        let ended = answer.clone().trailers(&[("grpc-status", "9")]);
        assert_fails(
            &unary(ended).await.unwrap_err(),
            Code::FailedPrecondition,
            "",
        );
        let status = unary(answer.message(&coffee())).await.unwrap_err();
        assert_fails(&status, Code::Internal, "without sending trailers");
    });
}

#[test]
fn a_broken_body_ends_the_call_with_its_error_as_the_source() {
    run(async {
        let answer = Answer::grpc()
            .message(&Order::default())
            .broken("the pipe burst");
        let (delivered, end) = stream(answer).await;
        assert_eq!(delivered, 1);
        let status = end.unwrap_err();
        assert_fails(&status, Code::Unknown, "the pipe burst");
        assert_eq!(status.cause().unwrap().to_string(), "the pipe burst");
    });
}

#[test]
fn frames_that_break_the_rules_are_internal() {
    //
    run(async {
        let prefixed = |prefix: [u8; 5]| Answer::grpc().data(prefix.to_vec());
        let compressed = prefixed([1, 0, 0, 0, 0]);
        for (answer, text) in [
            (prefixed([2, 0, 0, 0, 0]), "neither 0 nor 1"),
            (compressed.clone(), "names no grpc-encoding"),
            (
                compressed.clone().header("grpc-encoding", "identity"),
                "identity",
            ),
            (
                compressed.header("grpc-encoding", "lz4"),
                "compressed with `lz4`",
            ),
            (prefixed([0, 0, 0, 0, 9]), "inside a message"),
            (Answer::grpc().data("\0\0"), "inside a message"),
            (
                Answer::grpc().data(framed(b"\xff\xff")),
                "does not deserialise",
            ),
        ] {
            let (delivered, end) = stream(answer.clone().ok()).await;
            assert_eq!(delivered, 0);
            assert_fails(&end.unwrap_err(), Code::Internal, text);
            assert_fails(&unary(answer.ok()).await.unwrap_err(), Code::Internal, text);
        }
    });
}

#[test]
fn a_failure_wins_over_a_truncated_message() {
    //
    run(async {
        let answer = Answer::grpc()
            .data("\0\0")
            .trailers(&[("grpc-status", "5")]);
        assert_fails(&unary(answer).await.unwrap_err(), Code::NotFound, "");
    });
}

#[test]
fn an_announced_length_over_the_limit_is_refused_before_the_message_comes() {
    //
    run(async {
        let answer = Answer::grpc()
            .data(b"\0\xff\xff\xff\xff".to_vec())
            .broken("never read");
        let status = unary(answer).await.unwrap_err();
        assert_fails(
            &status,
            Code::ResourceExhausted,
            "4294967295 bytes exceeds the receive limit",
        );
    });
}

#[test]
fn strange_statuses() {
    //
    run(async {
        for (trailers, text) in [
            (&[("grpc-status", "-1")][..], "`-1`"),
            (&[("grpc-status", "0x5")], "`0x5`"),
            (&[("grpc-status", "")], "``"),
            (&[("grpc-status", "99999999999")], "`99999999999`"),
            (
                &[("grpc-status", "0"), ("grpc-status", "5")],
                "several different",
            ),
        ] {
            let status = unary(Answer::grpc().message(&coffee()).trailers(trailers))
                .await
                .unwrap_err();
            assert_fails(&status, Code::Unknown, text);
        }
        let odd = Answer::grpc().trailers(&[("grpc-status", "99"), ("grpc-message", "odd")]);
        let status = unary(odd).await.unwrap_err();
        assert_eq!(
            (status.code(), status.number(), status.message()),
            (Code::Unknown, 99, "odd")
        );
        let twice = Answer::grpc()
            .message(&coffee())
            .trailers(&[("grpc-status", "0"), ("grpc-status", "0")]);
        assert_eq!(unary(twice).await.unwrap(), coffee());
    });
}

#[test]
fn answers_that_are_not_grpc() {
    //
    run(async {
        for (http, code) in [
            (200, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (500, Code::Unknown),
            (503, Code::Unavailable),
        ] {
            let page = Answer::new(http, &[("content-type", "text/html"), ("grpc-status", "0")]);
            let status = unary(page.data("<html>").ok()).await.unwrap_err();
            assert_fails(&status, code, "content-type text/html");
            assert_fails(&status, code, &http.to_string());
            let bare = Answer::new(http, &[]);
            assert_fails(&unary(bare).await.unwrap_err(), code, "no content-type");
        }
        // With gRPC's content type the status counts, whatever HTTP says.
        let odd = Answer::new(503, &[("content-type", "application/grpc")]);
        assert_eq!(unary(odd.message(&coffee()).ok()).await.unwrap(), coffee());
    });
}

#[test]
fn a_service_that_fails_instead_of_answering() {
    run(async {
        type Answer = http::Response<ziggurat::Body>;
        let broken =
            service_fn(|_| async { Err::<Answer, _>(std::io::Error::other("the cable is cut")) });
        let status = CoffeeMachineStub::new(broken)
            .make_latte(order())
            .await
            .unwrap_err();
        assert_fails(&status, Code::Unavailable, "the cable is cut");
        assert!(status.cause().unwrap().is::<std::io::Error>());
        let whole =
            service_fn(|_| async { Err::<Answer, _>(Status::new(Code::NotFound, "no such cafe")) });
        let cafe = CoffeeMachineStub::new(whole);
        let status = cafe.chat([line("hi")]).collect().await.unwrap_err();
        assert_fails(&status, Code::NotFound, "no such cafe");
    });
}

#[test]
fn what_the_server_says_is_said_by_the_stream() {
    // Even if it says so before the caller looks: awaiting the call tells only whether the request is under way.
    run(async {
        let hasty = service_fn(|request: http::Request<ziggurat::Body>| async {
            request.into_body().frame().await;
            let answer = Answer::grpc().header("grpc-status", "5");
            Ok::<_, Infallible>(answer.response())
        });
        let cafe = CoffeeMachineStub::new(hasty);
        let mut orders = cafe.watch(filter(0)).await.unwrap();
        assert_fails(&orders.recv().await.unwrap_err(), Code::NotFound, "");
        let mut lines = cafe.chat([line("hi")]).await.unwrap();
        assert_fails(&lines.recv().await.unwrap_err(), Code::NotFound, "");
        let mut call = cafe.open().chat();
        call.send(line("hi")).await.unwrap();
        assert_fails(&call.recv().await.unwrap_err(), Code::NotFound, "");
    });
}

#[test]
fn a_request_that_never_left_is_an_error_of_the_call() {
    run(async {
        let refusing = Answer::grpc().header("grpc-status", "14").stub();
        let status = refusing.watch(filter(0)).await.unwrap_err();
        assert_fails(&status, Code::Unavailable, "");
        let status = refusing.open().chat().send_request().await.unwrap_err();
        assert_fails(&status, Code::Unavailable, "");
    });
}
