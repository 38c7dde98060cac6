//! Calls that are blocked on flow control when they are dropped: they are reset as promptly as any other (L-21).

use std::fmt::Debug;

use futures_util::stream;
use tokio::sync::Notify;
use ziggurat::{Code, Status, Streaming};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, LatteOrder, Line};
use ziggurat_testing::peer::Connection;

use crate::{
    cafe::{assert_cut_off, filter, within},
    window::{Point, Window},
};

/// Gets a call stuck at each point of its answer and tells it then: it goes, and is reset at once.
async fn reset(windows: &[Window], call: impl AsyncFn(CoffeeMachineStub, &Notify)) {
    for window in windows {
        for point in [Point::Nothing, Point::Headers, Point::Message] {
            within(async {
                let mut cafe = window.open().await;
                let stuck = Notify::new();
                let call = async |cafe| call(cafe, &stuck).await;
                let script = async |peer: &mut Connection| {
                    window.fill(point, peer).await;
                    stuck.notify_one();
                };
                cafe.run(call, script).await;
                assert_cut_off(&cafe.frames().await, "CANCEL");
                window.recover(&mut cafe).await;
            })
            .await;
        }
    }
}

/// Makes a call that does not end before it is stuck, then drops it.
async fn until<T: Debug>(stuck: &Notify, call: impl Future<Output = T>) {
    tokio::select! {
        biased;
        early = call => panic!("the call ended before it was stuck: {early:?}"),
        () = stuck.notified() => {}
    }
}

fn order() -> LatteOrder {
    LatteOrder {
        name: "x".repeat(100_000),
        ..LatteOrder::default()
    }
}

fn bean() -> Bean {
    Bean {
        origin: "x".repeat(30_000),
        ..Bean::default()
    }
}

fn line() -> Line {
    Line {
        text: "x".repeat(30_000),
    }
}

#[tokio::test]
async fn unary_calls() {
    reset(&Window::EVERY, async |cafe, stuck| {
        until(stuck, cafe.make_latte(order())).await;
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        until(stuck, cafe.make_latte(order()).send()).await;
    })
    .await;
}

#[tokio::test]
async fn server_streams() {
    let small = &[Window::Stream];
    reset(small, async |cafe, stuck| {
        let _orders = cafe.watch(filter()).await.unwrap();
        stuck.notified().await;
    })
    .await;
    reset(small, async |cafe, stuck| {
        let orders = cafe.watch(filter()).await.unwrap();
        stuck.notified().await;
        orders.cancel();
    })
    .await;
    reset(small, async |cafe, stuck| {
        until(stuck, cafe.watch(filter()).collect()).await;
    })
    .await;
}

#[tokio::test]
async fn client_streams() {
    reset(&Window::EVERY, async |cafe, stuck| {
        until(stuck, cafe.upload(vec![bean(); 10])).await;
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        let endless = stream::repeat_with(bean);
        until(stuck, cafe.upload(endless)).await;
    })
    .await;
}

#[tokio::test]
async fn conversations() {
    reset(&Window::EVERY, async |cafe, stuck| {
        let mut answers = cafe.chat(stream::repeat_with(line)).await.unwrap();
        until(stuck, read(&mut answers)).await;
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        let mut answers = cafe.chat(stream::repeat_with(line)).await.unwrap();
        until(stuck, read(&mut answers)).await;
        answers.cancel();
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        let answers = cafe.chat(stream::repeat_with(line));
        until(stuck, answers.collect()).await;
    })
    .await;
}

/// Reads, and so sends, until there is nothing to be read.
async fn read(answers: &mut Streaming<Line>) -> Result<(), Status> {
    while answers.recv().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn opened_calls_of_one_message() {
    reset(&Window::EVERY, async |cafe, stuck| {
        let reply = cafe.open().make_latte().send(order()).await.unwrap();
        until(stuck, reply).await;
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        let reply = cafe.open().make_latte().send(order()).await.unwrap();
        stuck.notified().await;
        reply.cancel();
    })
    .await;
    reset(&[Window::Stream], async |cafe, stuck| {
        let answers = cafe.open().watch().send(filter()).await.unwrap();
        stuck.notified().await;
        answers.cancel();
    })
    .await;
}

#[tokio::test]
async fn opened_client_streams() {
    reset(&Window::EVERY, async |cafe, stuck| {
        let mut call = cafe.open().upload();
        until(stuck, async { while call.send(bean()).await.is_ok() {} }).await;
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        let mut call = cafe.open().upload();
        until(stuck, async { while call.send(bean()).await.is_ok() {} }).await;
        call.cancel();
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        let beans = Bean {
            origin: "x".repeat(100_000),
            ..Bean::default()
        };
        let reply = cafe.open().upload().send_last(beans).await.unwrap();
        stuck.notified().await;
        reply.cancel();
    })
    .await;
}

#[tokio::test]
async fn opened_conversations() {
    reset(&Window::EVERY, async |cafe, stuck| {
        let mut call = cafe.open().chat();
        until(stuck, async { while call.send(line()).await.is_ok() {} }).await;
    })
    .await;
    reset(&Window::EVERY, async |cafe, stuck| {
        let mut call = cafe.open().chat();
        until(stuck, async { while call.send(line()).await.is_ok() {} }).await;
        call.cancel();
    })
    .await;
}

#[tokio::test]
async fn halves_of_split_conversations() {
    // The sender goes, and whoever reads sees why.
    reset(&Window::EVERY, async |cafe, stuck| {
        let (mut sender, mut answers) = cafe.open().chat().split().await.unwrap();
        until(stuck, async { while sender.send(line()).await.is_ok() {} }).await;
        drop(sender);
        let status = loop {
            if let Err(status) = answers.recv().await {
                break status;
            }
        };
        assert_eq!(status.code(), Code::Cancelled); // B-21
        let text = "the sender was dropped before the end of the request";
        assert_eq!(status.message(), text);
    })
    .await;
    // The stream goes, and the send that waits ends.
    reset(&Window::EVERY, async |cafe, stuck| {
        let (mut sender, answers) = cafe.open().chat().split().await.unwrap();
        let sending = async { while sender.send(line()).await.is_ok() {} };
        let reading = async {
            stuck.notified().await;
            drop(answers);
        };
        tokio::join!(sending, reading);
    })
    .await;
}

/// The server ends a stuck call whose request goes on: it is over, and its stream does not stay.
async fn ended(call: impl AsyncFn(CoffeeMachineStub) -> Status) {
    for window in Window::EVERY {
        within(async {
            let mut cafe = window.open().await;
            let script = async |peer: &mut Connection| {
                window.fill(Point::Headers, peer).await;
                peer.trailers(1, [("grpc-status", "5")]).await.unwrap();
            };
            let status = cafe.run(&call, script).await;
            assert_eq!(status.code(), Code::NotFound);
            // not NO_ERROR, for nobody polls the body.
            assert_cut_off(&cafe.frames().await, "CANCEL");
            window.recover(&mut cafe).await;
        })
        .await;
    }
}

#[tokio::test]
async fn calls_that_the_server_ends() {
    ended(async |cafe| cafe.upload(vec![bean(); 10]).await.unwrap_err()).await;
    ended(async |cafe| {
        let lines = stream::repeat_with(line);
        cafe.chat(lines).collect().await.unwrap_err()
    })
    .await;
    ended(async |cafe| {
        let (mut sender, answers) = cafe.open().chat().split().await.unwrap();
        let sending = async { while sender.send(line()).await.is_ok() {} };
        let (status, ()) = tokio::join!(answers.finish(), sending);
        status.unwrap_err()
    })
    .await;
}

/// The server's nonsense ends a stuck call.
#[tokio::test]
async fn calls_that_fail() {
    for window in Window::EVERY {
        within(async {
            let mut cafe = window.open().await;
            let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
            let script = async |peer: &mut Connection| {
                window.fill(Point::Headers, peer).await;
                peer.data(1, "\u{9}nonsense").await.unwrap();
            };
            let status = cafe.run(call, script).await.unwrap_err();
            assert_eq!(status.code(), Code::Internal);
            assert_cut_off(&cafe.frames().await, "CANCEL");
            window.recover(&mut cafe).await;
        })
        .await;
    }
}
