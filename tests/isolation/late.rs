//! Answers that come when their calls are gone, to more streams than are remembered.

use std::{future::Future, pin::pin, task::Poll};

use futures_util::future::{join_all, poll_fn};
use ziggurat_examples::cafe::LatteOrder;
use ziggurat_testing::peer::HeaderBlock;

use crate::cafe::{Cafe, within};

/// How many calls are given up together; remembered are 4,096, and 1,024 more h2 bears by default.
const TOGETHER: usize = 530;
const TIMES: usize = 10;

const ANSWER: [(&str, &str); 3] = [
    (":status", "200"),
    ("content-type", "application/grpc"),
    ("grpc-status", "0"),
];

/// Polls a future once, and it is not ready.
async fn begin(future: impl Future<Output: Sized>) {
    let mut future = pin!(future);
    poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn late_answers_harm_nobody() {
    // L-20
    within(async {
        let mut cafe = Cafe::open().await;
        let mut late = Vec::new();
        for _ in 0..TIMES {
            let calls = (0..TOGETHER).map(|_| cafe.stub.make_latte(LatteOrder::default()).send());
            let mut calls = pin!(join_all(calls.map(Box::pin)));
            begin(&mut calls).await;
            for _ in 0..TOGETHER {
                late.push(cafe.peer.request().await.unwrap().stream);
            }
            // A sign of life: the connection is not doubted for what it let wait.
            cafe.peer.barrier().await.unwrap();
        }
        for stream in late {
            let answer = HeaderBlock::new(stream, ANSWER).end_stream();
            cafe.peer.block(&answer).await.unwrap();
        }
        cafe.assert_whole().await;
        assert!(cafe.peer.barrier().await.is_ok());
    })
    .await;
}
