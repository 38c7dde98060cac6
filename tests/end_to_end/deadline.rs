//! Deadlines in all four shapes, from the first poll to the trailers (B-3).

use std::{convert::Infallible, time::Duration};

use http::Response;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::time::Instant;
use tower::service_fn;
use ziggurat::{CallOptions, Code, Deadline, GrpcService, Status, layers::deadline::Elapsed};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Line};

use crate::{
    in_process::framed,
    machine::Seen,
    messages::{filter, line, order},
    run,
    server::{Port, cafe},
};

/// Long enough for a call to reach the server over loopback, which none of these tests depends on.
const SOON: Duration = Duration::from_millis(50);

fn assert_elapsed(status: &Status) {
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert!(status.is_local()); // B-4
    assert!(status.cause().unwrap().is::<Elapsed>());
    assert!(status.message().contains("the deadline"), "{status}"); // B-7
}

/// Settings for calls that the server never answers.
fn hanging() -> CallOptions {
    CallOptions::new().metadata("x-hang", "yes").unwrap()
}

#[test]
fn end_calls_that_get_no_answer() {
    run(async {
        let (cafe, _server) = cafe();
        let cafe = cafe.with(hanging().timeout(SOON));
        assert_elapsed(&cafe.make_latte(order()).await.unwrap_err());
        assert_elapsed(&cafe.upload([]).await.unwrap_err());
        assert_elapsed(
            &cafe
                .upload(tokio_stream::pending::<Bean>())
                .await
                .unwrap_err(),
        );
        assert_elapsed(&cafe.watch(filter(0)).collect().await.unwrap_err());
        assert_elapsed(&cafe.chat([line("hello?")]).collect().await.unwrap_err());
        assert_elapsed(
            &cafe
                .chat(tokio_stream::pending::<Line>())
                .collect()
                .await
                .unwrap_err(),
        );
    });
}

#[test]
fn end_opened_calls() {
    run(async {
        let (cafe, _server) = cafe();
        let cafe = cafe.with(hanging().timeout(SOON));
        let reply = cafe.open().make_latte().send(order()).await.unwrap();
        assert_elapsed(&reply.await.unwrap_err());
        let mut call = cafe.open().chat();
        call.send(line("hello?")).await.unwrap();
        assert_elapsed(&call.recv().await.unwrap_err());
        let (_sender, mut answers) = cafe.open().chat().split().await.unwrap();
        assert_elapsed(&answers.recv().await.unwrap_err());
    });
}

#[test]
fn end_streams_between_messages() {
    run(async {
        let (cafe, mut server) = cafe();
        let call = cafe.with(hanging()).watch(filter(2)).timeout(SOON);
        let mut orders = call.await.unwrap();
        let status = loop {
            if let Err(status) = orders.recv().await {
                break status;
            }
        };
        assert_elapsed(&status);
        assert_eq!(server.seen().await, Seen::Hanging);
        assert_eq!(server.seen().await, Seen::Cancelled);
    });
}

#[test]
fn end_a_sender_that_waits_for_a_server_that_does_not_read() {
    run(async {
        let (cafe, _server) = cafe();
        let cafe = cafe.with(hanging().timeout(SOON));
        let mut call = cafe.open().upload();
        let long = Bean {
            origin: "a".repeat(50_000),
            grams: 1,
        };
        let status = loop {
            if let Err(status) = call.send(long.clone()).await {
                break status;
            }
        };
        assert_elapsed(&status);
    });
}

#[test]
fn end_calls_that_wait_for_a_connection() {
    // The port accepts, and nobody ever answers.
    run(async {
        let port = Port::bind();
        let cafe = CoffeeMachineStub::new(port.channel());
        let status = cafe.make_latte(order()).timeout(SOON).await.unwrap_err();
        assert_elapsed(&status);
        assert!(cafe.watch(filter(1)).timeout(SOON).await.is_err());
    });
}

#[test]
fn that_have_passed_send_nothing() {
    // B-6
    run(async {
        let (cafe, server) = cafe();
        let passed = Deadline::at(Instant::now());
        let status = cafe.make_latte(order()).deadline(passed).await.unwrap_err();
        assert_elapsed(&status);
        assert!(
            status.message().contains("before the call began"),
            "{status}"
        );
        assert_elapsed(
            &cafe
                .make_latte(order())
                .timeout(Duration::ZERO)
                .await
                .unwrap_err(),
        );
        assert_eq!(server.accepted(), 0);
    });
}

#[test]
fn may_be_as_long_as_can_be() {
    //
    run(async {
        let (cafe, _server) = cafe();
        cafe.make_latte(order())
            .timeout(Duration::MAX)
            .await
            .unwrap();
        cafe.make_latte(order())
            .deadline(Deadline::after(Duration::MAX))
            .await
            .unwrap();
    });
}

/// Always has a message ready; ends with OK only where a test would otherwise not end.
fn flood() -> impl GrpcService {
    service_fn(|_| {
        let guard = Instant::now() + Duration::from_secs(20);
        let message = framed(b"");
        let messages =
            std::iter::repeat_with(move || Ok::<_, Infallible>(Frame::data(message.clone())));
        let messages = messages.take_while(move |_| Instant::now() < guard);
        let response = Response::builder().header("content-type", "application/grpc");
        let response = response.body(StreamBody::new(tokio_stream::iter(messages)));
        async { Ok::<_, Infallible>(response.unwrap()) }
    })
}

#[test]
fn are_not_outlived_by_a_flood_of_ready_messages() {
    run(async {
        let cafe = CoffeeMachineStub::new(flood());
        let status = cafe
            .watch(filter(0))
            .timeout(SOON)
            .collect()
            .await
            .unwrap_err();
        assert_elapsed(&status);
        let mut orders = cafe.watch(filter(0)).timeout(SOON).await.unwrap();
        let status = loop {
            if let Err(status) = orders.recv().await {
                break status;
            }
        };
        assert_elapsed(&status);
    });
}
