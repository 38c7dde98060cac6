//! How servers end calls, and what the client sends for it: nothing, or that it stops.

use std::error::Error;

use futures_util::{StreamExt, stream};
use ziggurat::{
    Code, Status,
    open::{Bidi, Over},
};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Line};
use ziggurat_testing::peer::{Connection, Reason};

use crate::cafe::{Cafe, assert_cut_off, bean, filter, line, order, serve, within};

const NOT_FOUND: [(&str, &str); 2] = [("grpc-status", "5"), ("grpc-message", "no beans")];

fn assert_not_found(status: &Status) {
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), "no beans");
}

/// How a server says no.
#[derive(Clone, Copy, Debug)]
enum No {
    TrailersOnly,
    Trailers,
    /// As servers do that want no more of the request.
    TrailersAndReset,
}

impl No {
    async fn say(self, peer: &mut Connection, stream: u32) {
        if let Self::TrailersOnly = self {
            peer.respond_status(stream, 5, "no beans").await.unwrap();
            return;
        }
        peer.grpc_headers(stream).await.unwrap();
        peer.trailers(stream, NOT_FOUND).await.unwrap();
        if let Self::TrailersAndReset = self {
            peer.reset(stream, Reason::NO_ERROR).await.unwrap();
        }
    }
}

/// The server says no to a complete request, in each way: the client sends nothing for it.
async fn refused<T>(call: impl AsyncFn(CoffeeMachineStub) -> Result<T, Status>) {
    for no in [No::TrailersOnly, No::Trailers, No::TrailersAndReset] {
        let mut cafe = Cafe::open().await;
        let ended = cafe.run(&call, async |peer| {
            let stream = peer.request().await.unwrap().stream;
            peer.body(stream).await.unwrap();
            no.say(peer, stream).await;
        });
        assert_not_found(&ended.await.map(drop).unwrap_err());
        let frames = cafe.frames().await;
        assert_eq!(frames.len(), 2, "{no:?}: {frames:?}"); // B-25
        assert!(frames[1].ends_with("END_STREAM"), "{no:?}: {frames:?}");
        cafe.serves_another().await;
    }
}

#[tokio::test]
async fn refused_calls_send_nothing_more() {
    within(async {
        refused(async |cafe| cafe.make_latte(order()).await).await;
        refused(async |cafe| cafe.watch(filter()).collect().await).await;
        refused(async |cafe| cafe.watch(filter()).await?.recv().await).await;
        refused(async |cafe| cafe.upload([bean()]).await).await;
        refused(async |cafe| cafe.chat([line()]).collect().await).await;
    })
    .await;
}

#[tokio::test]
async fn refused_opened_calls_send_nothing_more() {
    within(async {
        refused(async |cafe| cafe.open().make_latte().send(order()).await?.await).await;
        refused(async |cafe| cafe.open().watch().send(filter()).await?.recv().await).await;
        refused(async |cafe| cafe.open().upload().end().await?.response().await).await;
        refused(async |cafe| cafe.open().chat().finish().await).await;
    })
    .await;
}

/// The server says no before the request is complete: the client stops with NO_ERROR, if the server has not.
async fn refused_early(call: impl AsyncFn(CoffeeMachineStub) -> Status) {
    for no in [No::TrailersOnly, No::Trailers, No::TrailersAndReset] {
        let mut cafe = Cafe::open().await;
        let ended = cafe.run(&call, async |peer| {
            let stream = peer.request().await.unwrap().stream;
            no.say(peer, stream).await;
        });
        assert_not_found(&ended.await);
        let frames = cafe.frames().await;
        if let No::TrailersAndReset = no {
            let is_end = |frame: &String| frame.contains("STREAM");
            assert!(!frames.iter().any(is_end), "{frames:?}");
        } else {
            assert_cut_off(&frames, "NO_ERROR");
        }
        cafe.serves_another().await;
    }
}

#[tokio::test]
async fn calls_refused_early_stop_their_request() {
    within(async {
        refused_early(async |cafe| cafe.upload(stream::pending::<Bean>()).await.unwrap_err()).await;
        refused_early(async |cafe| {
            let lines = stream::iter([line()]).chain(stream::pending());
            let mut answers = cafe.chat(lines).await.unwrap();
            answers.recv().await.unwrap_err()
        })
        .await;
        refused_early(async |cafe| {
            let lines = stream::pending::<Line>();
            cafe.chat(lines).collect().await.unwrap_err()
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn opened_calls_refused_early_stop_their_request() {
    within(async {
        refused_early(async |cafe| {
            let mut call = cafe.open().chat();
            call.send(line()).await.unwrap();
            call.recv().await.unwrap_err()
        })
        .await;
        refused_early(async |cafe| {
            let (sender, mut answers) = cafe.open().chat().split().await.unwrap();
            let status = answers.recv().await.unwrap_err();
            drop(sender);
            status
        })
        .await;
    })
    .await;
}

/// Sends until it is told that the call is over.
async fn send_until_over(call: &mut Bidi<Line, Line>) -> Status {
    loop {
        if let Err(status) = call.send(line()).await {
            return status;
        }
        tokio::task::yield_now().await;
    }
}

fn is_over(status: &Status) -> bool {
    let source = status.cause();
    status.code() == Code::Cancelled && source.is_some_and(<dyn Error>::is::<Over>)
}

#[tokio::test]
async fn sends_say_that_the_call_is_over_and_the_answer_says_how() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let call = async |cafe: CoffeeMachineStub| {
            let mut call = cafe.open().chat();
            assert!(is_over(&send_until_over(&mut call).await));
            call.recv().await.unwrap_err()
        };
        let ended = cafe.run(call, async |peer| {
            let stream = peer.request().await.unwrap().stream;
            No::TrailersAndReset.say(peer, stream).await;
        });
        assert_not_found(&ended.await);
    })
    .await;
}

#[tokio::test]
async fn sends_give_the_status_itself_where_it_is_known() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().chat();
        call.send_request().await.unwrap();
        let stream = cafe.peer.request().await.unwrap().stream;
        No::TrailersOnly.say(&mut cafe.peer, stream).await;
        assert_not_found(&call.recv().await.unwrap_err());
        assert_not_found(&call.send(line()).await.unwrap_err());
        assert_cut_off(&cafe.frames().await, "NO_ERROR");
    })
    .await;
}

#[tokio::test]
async fn an_early_ok_is_ok() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let call = async |cafe: CoffeeMachineStub| cafe.upload(stream::pending::<Bean>()).await;
        let ended = cafe.run(call, async |peer| {
            let stream = peer.request().await.unwrap().stream;
            peer.respond_ok(stream, [""]).await.unwrap();
        });
        ended.await.unwrap();
        assert_cut_off(&cafe.frames().await, "NO_ERROR");
        cafe.serves_another().await;
    })
    .await;
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().chat();
        call.send_request().await.unwrap();
        let stream = cafe.peer.request().await.unwrap().stream;
        cafe.peer.respond_ok(stream, [""]).await.unwrap();
        assert_eq!(call.recv().await.unwrap(), Some(Line::default()));
        assert_eq!(call.recv().await.unwrap(), None);
        assert!(is_over(&call.send(line()).await.unwrap_err()));
        drop(call);
        assert_cut_off(&cafe.frames().await, "NO_ERROR");
        cafe.serves_another().await;
    })
    .await;
}

#[tokio::test]
async fn dropping_what_has_ended_sends_nothing() {
    // B-25
    within(async {
        let mut cafe = Cafe::open().await;
        let call = async |cafe: CoffeeMachineStub| {
            let mut orders = cafe.watch(filter()).await.unwrap();
            while orders.recv().await.unwrap().is_some() {}
            orders
        };
        drop(cafe.run(call, async |peer| serve(peer, 3).await).await);
        let call = async |cafe: CoffeeMachineStub| {
            let (sender, mut answers) = cafe.open().chat().split().await.unwrap();
            sender.send_last(line()).await.unwrap();
            while answers.recv().await.unwrap().is_some() {}
            answers
        };
        let answers = cafe.run(call, async |peer| serve(peer, 1).await).await;
        answers.cancel();
        let call = async |cafe: CoffeeMachineStub| {
            let mut call = cafe.open().chat();
            call.end().await.unwrap();
            assert_eq!(call.recv().await.unwrap(), None);
            call
        };
        let call = cafe.run(call, async |peer| serve(peer, 0).await).await;
        call.cancel();
        let frames = cafe.frames().await;
        assert!(
            !frames.iter().any(|frame| frame.contains("RST_STREAM")),
            "{frames:?}"
        );
    })
    .await;
}
