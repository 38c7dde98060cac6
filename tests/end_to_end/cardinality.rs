//! How many messages an answer must have (A.11).

use ziggurat::Code;

use crate::{
    answers::{assert_fails, unary},
    in_process::Answer,
    messages::{coffee, order},
    run,
};

#[test]
fn one_message_and_ok_is_what_unary_calls_want() {
    run(async {
        assert_eq!(
            unary(Answer::grpc().message(&coffee()).ok()).await.unwrap(),
            coffee()
        );
    });
}

#[test]
fn ok_without_a_message_is_unimplemented() {
    //
    run(async {
        let empty = || {
            Answer::grpc()
                .header("x-initial", "hi")
                .trailers(&[("grpc-status", "0"), ("x-trailing", "bye")])
        };
        let status = unary(empty()).await.unwrap_err();
        assert_fails(&status, Code::Unimplemented, "OK without a message");
        assert!(status.is_local());
        assert_eq!(status.initial_metadata().get("x-initial"), Some("hi"));
        assert_eq!(status.trailing_metadata().get("x-trailing"), Some("bye"));
        let status = empty().stub().upload([]).await.unwrap_err();
        assert_fails(&status, Code::Unimplemented, "OK without a message");
        let status = unary(Answer::grpc().header("grpc-status", "0"))
            .await
            .unwrap_err();
        assert_fails(&status, Code::Unimplemented, "OK without a message");
        let opened = empty()
            .stub()
            .open()
            .make_latte()
            .send(order())
            .await
            .unwrap();
        assert_fails(
            &opened.await.unwrap_err(),
            Code::Unimplemented,
            "OK without a message",
        );
    });
}

#[test]
fn a_second_message_is_unimplemented() {
    //
    run(async {
        let two = || Answer::grpc().message(&coffee()).message(&coffee());
        // The second is enough: what would come behind it does not matter.
        for answer in [two().ok(), two(), two().broken("never read")] {
            let status = unary(answer.clone()).await.unwrap_err();
            assert_fails(&status, Code::Unimplemented, "more than one message");
            let status = answer.stub().upload([]).await.unwrap_err();
            assert_fails(&status, Code::Unimplemented, "more than one message");
        }
    });
}

#[test]
fn a_failure_discards_the_message_of_a_unary_call() {
    //
    run(async {
        let answer = Answer::grpc()
            .message(&coffee())
            .trailers(&[("grpc-status", "5"), ("grpc-message", "none")]);
        let status = unary(answer).await.unwrap_err();
        assert_eq!(status.to_string(), "NOT_FOUND: none");
        assert!(!status.is_local());
    });
}
