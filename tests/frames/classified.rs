//! What answers mean, frame by frame: a handful of the table that the protocol crate tests row by row.

use ziggurat::{Code, Status};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, Order};
use ziggurat_testing::peer::{Connection, HeaderBlock, RawFrame, Reason};

use crate::cafe::{Cafe, answer, filter, order, within};

const OK: [(&str, &str); 1] = [("grpc-status", "0")];

/// Coffee for Ada.
const CUP: &[u8] = b"\0\0\0\0\x05\x0a\x03Ada";

/// A field that nobody knows, so it decodes as any message.
const ANY: &[u8] = b"\0\0\0\0\x05\x7a\x03Ada";

/// Runs a unary call against this answer; the request is complete before.
async fn unary(script: impl AsyncFnOnce(&mut Connection)) -> Result<Coffee, Status> {
    within(async {
        let mut cafe = Cafe::open().await;
        let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
        let told = cafe.run(call, async |peer| {
            peer.body(1).await.unwrap();
            script(peer).await;
        });
        told.await
    })
    .await
}

/// Runs a server stream against this answer: the messages, then the status.
async fn server_stream(script: impl AsyncFnOnce(&mut Connection)) -> (usize, Result<(), Status>) {
    within(async {
        let mut cafe = Cafe::open().await;
        let call = async |cafe: CoffeeMachineStub| {
            let mut orders = cafe.watch(filter()).await.unwrap();
            let mut messages = 0;
            loop {
                match orders.recv().await {
                    Ok(Some(Order { .. })) => messages += 1,
                    Ok(None) => return (messages, Ok(())),
                    Err(status) => return (messages, Err(status)),
                }
            }
        };
        cafe.run(call, script).await
    })
    .await
}

fn assert_ada(told: Result<Coffee, Status>) {
    assert_eq!(told.unwrap().name, "Ada");
}

fn assert_code<T: std::fmt::Debug>(told: Result<T, Status>, code: Code) -> Status {
    let status = told.unwrap_err();
    assert_eq!(status.code(), code, "{status}");
    status
}

#[tokio::test]
async fn a_reset_is_never_a_success() {
    // L-1, A-105, A-108
    let after_headers = async |peer: &mut Connection| {
        answer(peer).await;
        peer.reset(1, Reason::NO_ERROR).await.unwrap();
    };
    assert_code(unary(after_headers).await, Code::Internal);
    let (messages, end) = server_stream(after_headers).await;
    assert_eq!(messages, 0);
    assert_code(end, Code::Internal);

    let during_data = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, &ANY[..6]).await.unwrap();
        peer.reset(1, Reason::NO_ERROR).await.unwrap();
    };
    assert_code(unary(during_data).await, Code::Internal);
    let (messages, end) = server_stream(during_data).await;
    assert_eq!(messages, 0);
    assert_code(end, Code::Internal);

    let after_data = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, ANY).await.unwrap();
        peer.reset(1, Reason::NO_ERROR).await.unwrap();
    };
    assert_code(unary(after_data).await, Code::Internal);
    let (messages, end) = server_stream(after_data).await;
    assert_eq!(messages, 1);
    assert_code(end, Code::Internal);
}

#[tokio::test]
async fn whole_messages_before_a_reset_are_delivered() {
    //
    let reasons = [Reason::NO_ERROR, Reason::INTERNAL_ERROR, Reason::CANCEL];
    for reason in reasons {
        within(async {
            let mut cafe = Cafe::open().await;
            let mut orders = cafe.stub.watch(filter()).await.unwrap();
            answer(&mut cafe.peer).await;
            let two_and_a_half = [ANY, ANY, &ANY[..6]].concat();
            cafe.peer.data(1, two_and_a_half).await.unwrap();
            cafe.peer.reset(1, reason).await.unwrap();
            cafe.peer.barrier().await.unwrap();
            for _ in 0..2 {
                assert_eq!(orders.recv().await.unwrap(), Some(Order::default()));
            }
            let status = orders.recv().await.unwrap_err();
            let again = orders.recv().await.unwrap_err();
            assert_eq!(again.code(), status.code(), "{again}");
            cafe.serves_another().await;
        })
        .await;
    }
}

#[tokio::test]
async fn resets_say_what_they_say() {
    //
    let table = [
        (Reason::CANCEL, Code::Cancelled),
        (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
        (Reason::INTERNAL_ERROR, Code::Internal),
        (Reason(0x99), Code::Unknown),
    ];
    for (reason, code) in table {
        let script = async |peer: &mut Connection| {
            peer.request().await.unwrap();
            peer.reset(1, reason).await.unwrap();
        };
        let status = assert_code(unary(script).await, code);
        assert!(status.message().contains(&reason.to_string()), "{status}");
        let script = async |peer: &mut Connection| {
            answer(peer).await;
            peer.reset(1, reason).await.unwrap();
        };
        assert_code(unary(script).await, code);
    }
}

#[tokio::test]
async fn an_end_without_trailers_is_no_end() {
    //
    let on_data = async |peer: &mut Connection| {
        answer(peer).await;
        peer.last_data(1, ANY).await.unwrap();
    };
    assert_code(unary(on_data).await, Code::Internal);
    let (messages, end) = server_stream(on_data).await;
    assert_eq!(messages, 1);
    assert_code(end, Code::Internal);
    let on_empty_data = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, ANY).await.unwrap();
        peer.last_data(1, "").await.unwrap();
    };
    assert_code(unary(on_empty_data).await, Code::Internal);
}

#[tokio::test]
async fn an_end_inside_a_message_is_no_end() {
    //
    for cut in [3, 6] {
        let script = async |peer: &mut Connection| {
            answer(peer).await;
            peer.data(1, &ANY[..cut]).await.unwrap();
            peer.trailers(1, OK).await.unwrap();
        };
        assert_code(unary(script).await, Code::Internal);
        let (messages, end) = server_stream(script).await;
        assert_eq!(messages, 0);
        assert_code(end, Code::Internal);
    }
}

#[tokio::test]
async fn a_missing_status_is_unknown() {
    //
    let trailers = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, CUP).await.unwrap();
        peer.trailers(1, [("x-end", "here")]).await.unwrap();
    };
    let status = assert_code(unary(trailers).await, Code::Unknown);
    assert_eq!(status.trailing_metadata().get("x-end"), Some("here"));
    //
    let trailers_only = async |peer: &mut Connection| {
        let fields = [(":status", "200"), ("content-type", "application/grpc")];
        peer.trailers(1, fields).await.unwrap();
    };
    assert_code(unary(trailers_only).await, Code::Unknown);
}

#[tokio::test]
async fn a_status_at_the_wrong_end_is_none() {
    //
    let fields = [
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-status", "8"),
    ];
    let script = async |peer: &mut Connection| {
        peer.headers(1, fields).await.unwrap();
        peer.trailers(1, [("grpc-status", "9")]).await.unwrap();
    };
    assert_code(unary(script).await, Code::FailedPrecondition);
    let script = async |peer: &mut Connection| {
        peer.headers(1, fields).await.unwrap();
        peer.last_data(1, "").await.unwrap();
    };
    assert_code(unary(script).await, Code::Internal);
}

#[tokio::test]
async fn what_is_not_grpc_is_classified_by_its_http_status() {
    //
    for (http, code) in [("503", Code::Unavailable), ("200", Code::Unknown)] {
        within(async {
            let mut cafe = Cafe::open().await;
            let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
            let script = async |peer: &mut Connection| {
                let stream = peer.request().await.unwrap().stream;
                peer.body(stream).await.unwrap();
                let fields = [(":status", http), ("content-type", "text/html")];
                peer.headers(1, fields).await.unwrap();
            };
            let status = assert_code(cafe.run(call, script).await, code);
            assert!(status.message().contains(http), "{status}");
            // Nobody waits for the rest of the page.
            let whole = ["HEADERS 1", "DATA 1 (7) END_STREAM", "RST_STREAM 1 CANCEL"];
            assert_eq!(cafe.frames().await, whole);
            cafe.serves_another().await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_not_grpc_is_told_as_far_as_it_is_there() {
    //
    let script = async |peer: &mut Connection| {
        peer.request().await.unwrap();
        let head = [(":status", "502"), ("content-type", "text/html")];
        let mut frames = HeaderBlock::new(1, head).frames();
        frames.push(RawFrame::data(1, "<h1>no machine</h1>"));
        peer.frames(frames).await.unwrap();
    };
    let status = assert_code(unary(script).await, Code::Unavailable);
    let text = "the answer is not gRPC: HTTP 502 Bad Gateway, content-type text/html: \
                <h1>no machine</h1>";
    assert_eq!(status.message(), text);
    assert!(status.peer().is_some(), "it says who gave it");
}

#[tokio::test]
async fn informational_answers_are_passed_over() {
    //
    let script = async |peer: &mut Connection| {
        peer.informational(1, 103).await.unwrap();
        peer.informational(1, 100).await.unwrap();
        answer(peer).await;
        peer.data(1, CUP).await.unwrap();
        peer.trailers(1, OK).await.unwrap();
    };
    assert_ada(unary(script).await);
}

#[tokio::test]
async fn an_informational_answer_is_no_end() {
    //
    let script = async |peer: &mut Connection| {
        peer.request().await.unwrap();
        peer.trailers(1, [(":status", "103")]).await.unwrap();
    };
    assert_code(unary(script).await, Code::Internal);
}

#[tokio::test]
async fn a_second_block_that_does_not_end_the_stream_is_none() {
    //
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, ANY).await.unwrap();
        peer.headers(1, OK).await.unwrap();
    };
    assert_code(unary(script).await, Code::Internal);
    let (_, end) = server_stream(script).await;
    assert_code(end, Code::Internal);
}

#[tokio::test]
async fn what_follows_the_status_changes_nothing() {
    //
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        let cup = RawFrame::data(1, CUP);
        let mut frames = vec![cup.clone()];
        frames.extend(HeaderBlock::new(1, OK).end_stream().frames());
        frames.extend([cup, RawFrame::reset(1, Reason::INTERNAL_ERROR)]);
        peer.frames(frames).await.unwrap();
    };
    assert_ada(unary(script).await);
}

#[tokio::test]
async fn header_blocks_may_be_cut() {
    // A frame of HEADERS and some of CONTINUATION.
    let head = [(":status", "200"), ("content-type", "application/grpc")];
    let script = async |peer: &mut Connection| {
        let head = HeaderBlock::new(1, head).split(8);
        peer.block(&head).await.unwrap();
        peer.data(1, CUP).await.unwrap();
        let trailers = HeaderBlock::new(1, OK).end_stream().split(4);
        peer.block(&trailers).await.unwrap();
    };
    assert_ada(unary(script).await);
}

#[tokio::test]
async fn data_may_be_cut_padded_and_empty() {
    //
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, "").await.unwrap();
        for byte in CUP.iter().copied() {
            let frame = RawFrame::data(1, vec![byte]).padded(255);
            peer.frame(frame).await.unwrap();
            peer.frame(RawFrame::data(1, "").padded(3)).await.unwrap();
        }
        peer.trailers(1, OK).await.unwrap();
    };
    assert_ada(unary(script).await);
    // Two messages and a half, then the rest.
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        let messages = [ANY, ANY, ANY].concat();
        peer.data(1, messages[..23].to_vec()).await.unwrap();
        peer.data(1, messages[23..].to_vec()).await.unwrap();
        peer.trailers(1, OK).await.unwrap();
    };
    let (messages, end) = server_stream(script).await;
    assert_eq!(messages, 3);
    end.unwrap();
}

#[tokio::test]
async fn a_reset_after_the_status_changes_nothing() {
    //
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, CUP).await.unwrap();
        peer.trailers(1, OK).await.unwrap();
        peer.reset(1, Reason::NO_ERROR).await.unwrap();
    };
    assert_ada(unary(script).await);
}

#[tokio::test]
async fn messages_before_a_bad_end_are_delivered() {
    //
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, [ANY, ANY].concat()).await.unwrap();
        peer.trailers(1, [("grpc-status", "14")]).await.unwrap();
    };
    let (messages, end) = server_stream(script).await;
    assert_eq!(messages, 2);
    assert_code(end, Code::Unavailable);
}
