//! Calls that are sent several times at once: one attempt wins, and the streams of the others are reset.

use tower::Layer;
use ziggurat::{
    CallOptions, Channel, Code,
    layers::hedge::{HedgeLayer, HedgingPolicy, WithHedge},
};
use ziggurat_examples::cafe::CoffeeMachineStub;
use ziggurat_testing::peer::{Connection, Frame, Options, Reason};

use crate::cafe::{Cafe, line, order, within};

/// A stub whose calls are sent three times, all at once, and the peer at the other end.
async fn hedged() -> (CoffeeMachineStub<WithHedge<Channel>>, Connection) {
    let cafe = Cafe::open_with(Options::new()).await;
    let policy = HedgingPolicy::builder().max_attempts(3);
    let policy = policy.non_fatal_codes([Code::Unavailable]).build().unwrap();
    let service = HedgeLayer::new(policy).layer(cafe.channel);
    (CoffeeMachineStub::new(service), cafe.peer)
}

/// Takes three requests, with what each says of those before.
async fn take(peer: &mut Connection) {
    for (stream, previous) in [(1, None), (3, Some("1")), (5, Some("2"))] {
        let request = peer.request().await.unwrap();
        assert_eq!(request.stream, stream);
        let said = request.fields.get("grpc-previous-rpc-attempts");
        assert_eq!(said, previous); // C-17
    }
}

/// The resets that the client sent, in the order of their streams.
async fn resets(peer: &mut Connection) -> Vec<String> {
    peer.barrier().await.unwrap();
    let mut lines = peer.log().calls().lines();
    lines.retain(|line| line.starts_with("RST_STREAM"));
    lines.sort();
    lines
}

#[tokio::test]
async fn losers_are_reset() {
    // C-51, B-20
    within(async {
        let (cafe, mut peer) = hedged().await;
        let call = async { cafe.make_latte(order()).await };
        let script = async {
            take(&mut peer).await;
            peer.respond_ok(3, vec![""]).await.unwrap();
            for loser in [1, 5] {
                assert_eq!(peer.reset_of(loser).await.unwrap(), Reason::CANCEL);
            }
        };
        let (answer, ()) = tokio::join!(call, script);
        answer.unwrap();
        let all = ["RST_STREAM 1 CANCEL", "RST_STREAM 5 CANCEL"];
        assert_eq!(resets(&mut peer).await, all);
    })
    .await;
}

#[tokio::test]
async fn a_failure_that_is_fatal_resets_the_others_and_one_that_is_not_none() {
    // C-52
    within(async {
        let (cafe, mut peer) = hedged().await;
        let call = async { cafe.make_latte(order()).await };
        let script = async {
            take(&mut peer).await;
            peer.respond_status(3, 14, "busy").await.unwrap();
            assert!(resets(&mut peer).await.is_empty());
            peer.respond_status(1, 5, "no milk").await.unwrap();
            assert_eq!(peer.reset_of(5).await.unwrap(), Reason::CANCEL);
        };
        let (failed, ()) = tokio::join!(call, script);
        let status = failed.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (Code::NotFound, "no milk")
        );
        assert_eq!(status.progress().unwrap().attempts().len(), 1);
        assert_eq!(resets(&mut peer).await, ["RST_STREAM 5 CANCEL"]);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_is_reset_in_all_attempts() {
    // B-20
    within(async {
        let (cafe, mut peer) = hedged().await;
        let call = async { cafe.make_latte(order()).await };
        tokio::select! {
            biased;
            early = call => panic!("{early:?}"),
            () = take(&mut peer) => {}
        }
        for stream in [1, 3, 5] {
            assert_eq!(peer.reset_of(stream).await.unwrap(), Reason::CANCEL);
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_goes_to_all_attempts_and_then_to_the_one_that_won() {
    // C-57, C-51, C-18
    within(async {
        let (cafe, mut peer) = hedged().await;
        let mut chat = cafe.open().chat();
        chat.send(line()).await.unwrap();
        chat.send(line()).await.unwrap();
        take(&mut peer).await;
        for stream in [1, 3, 5] {
            peer.body_prefix(stream, 16).await.unwrap();
        }
        let script = async {
            peer.grpc_headers(5).await.unwrap();
            peer.message(5, "").await.unwrap();
            for loser in [1, 3] {
                assert_eq!(peer.reset_of(loser).await.unwrap(), Reason::CANCEL);
            }
        };
        let (answer, ()) = tokio::join!(chat.recv(), script);
        assert!(answer.unwrap().is_some());
        let finish = async {
            chat.send_last(line()).await?;
            chat.finish().await
        };
        let end = async {
            assert_eq!(peer.body(5).await.unwrap().len(), 24);
            peer.trailers(5, [("grpc-status", "0")]).await.unwrap();
        };
        let (told, ()) = tokio::join!(finish, end);
        told.unwrap();
        let all = ["RST_STREAM 1 CANCEL", "RST_STREAM 3 CANCEL"];
        assert_eq!(resets(&mut peer).await, all);
    })
    .await;
}

/// Waits for the next reset.
async fn next_reset(peer: &mut Connection) -> u32 {
    let is_reset = |frame: &Frame| matches!(frame, Frame::Reset { .. });
    match peer.wait_for(is_reset).await.unwrap() {
        Frame::Reset { stream, reason } => {
            assert_eq!(reason, Reason::CANCEL);
            stream
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_attempt_that_has_sent_most_goes_on_alone() {
    // C-56: two messages may be kept; the first to send the third has it for itself.
    within(async {
        let (cafe, mut peer) = hedged().await;
        let cafe = cafe.with(CallOptions::new().resend_limit(16));
        let mut chat = cafe.open().chat();
        chat.send(line()).await.unwrap();
        chat.send(line()).await.unwrap();
        take(&mut peer).await;
        for stream in [1, 3, 5] {
            peer.body_prefix(stream, 16).await.unwrap();
        }
        let talk = async {
            chat.send(line()).await?;
            chat.recv().await
        };
        let script = async {
            let losers = [next_reset(&mut peer).await, next_reset(&mut peer).await];
            let ahead = 1 + 3 + 5 - losers[0] - losers[1];
            assert_eq!(peer.body_prefix(ahead, 24).await.unwrap().len(), 24);
            peer.grpc_headers(ahead).await.unwrap();
            peer.message(ahead, "").await.unwrap();
            losers
        };
        let (answer, losers) = tokio::join!(talk, script);
        assert!(answer.unwrap().is_some());
        for loser in losers {
            assert_eq!(peer.body_prefix(loser, 16).await.unwrap().len(), 16);
        }
    })
    .await;
}
