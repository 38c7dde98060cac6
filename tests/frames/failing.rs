//! Calls that fail on this side: what came is no answer, or what was to be sent is no request.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::Notify;
use ziggurat::{CallOptions, Code, Status};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Line};
use ziggurat_testing::peer::{Connection, grpc_message};

use crate::cafe::{Cafe, answer, assert_cut_off, bean, filter, line, order, take, within};

/// A call fails by itself while the server goes on; what it sent to this end, and the status.
async fn fails<T>(
    call: impl AsyncFnOnce(CoffeeMachineStub) -> Result<T, Status>,
    script: impl AsyncFnOnce(&mut Connection),
) -> (Status, Vec<String>) {
    within(async {
        let mut cafe = Cafe::open().await;
        let failed = cafe.run(call, script).await.map(drop).unwrap_err();
        let frames = cafe.frames().await;
        cafe.serves_another().await;
        (failed, frames)
    })
    .await
}

/// The call was complete when it failed.
fn assert_reset(frames: &[String]) {
    let whole = ["HEADERS 1", "DATA 1 (7) END_STREAM", "RST_STREAM 1 CANCEL"];
    assert_eq!(frames, whole);
}

/// Every shape of call fails with this code at these bytes of an answer that goes on.
async fn each_fails(code: Code, bytes: &'static [u8]) {
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, bytes).await.unwrap();
    };
    let (status, frames) = fails(async |cafe| cafe.make_latte(order()).await, script).await;
    assert_eq!(status.code(), code);
    assert_reset(&frames);
    let watch = async |cafe: CoffeeMachineStub| cafe.watch(filter()).await?.recv().await;
    let (status, frames) = fails(watch, script).await;
    assert_eq!(status.code(), code);
    assert_reset(&frames);
    let upload = async |cafe: CoffeeMachineStub| cafe.upload(stream::pending::<Bean>()).await;
    let (status, frames) = fails(upload, script).await;
    assert_eq!(status.code(), code);
    assert_cut_off(&frames, "CANCEL");
    let chat = async |cafe: CoffeeMachineStub| {
        let mut call = cafe.open().chat();
        call.send(line()).await?;
        call.recv().await
    };
    let (status, frames) = fails(chat, script).await;
    assert_eq!(status.code(), code);
    assert_cut_off(&frames, "CANCEL");
}

#[tokio::test]
async fn frames_that_are_none() {
    each_fails(Code::Internal, b"\x02\0\0\0\0").await;
    each_fails(Code::Internal, b"\x01\0\0\0\x01x").await;
}

#[tokio::test]
async fn messages_over_the_limit() {
    // known by its length, before a byte of it arrived.
    each_fails(Code::ResourceExhausted, b"\0\x00\x40\x00\x01").await;
}

#[tokio::test]
async fn messages_over_a_limit_of_the_call() {
    let call = async |cafe: CoffeeMachineStub| {
        let call = cafe.make_latte(order()).max_receive_message_size(2);
        call.await
    };
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.message(1, "big").await.unwrap();
    };
    let (status, frames) = fails(call, script).await;
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_reset(&frames);
}

#[tokio::test]
async fn messages_that_do_not_decode() {
    //
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.message(1, "\u{7}").await.unwrap();
    };
    let watch = async |cafe: CoffeeMachineStub| cafe.watch(filter()).await?.recv().await;
    let (status, frames) = fails(watch, script).await;
    assert_eq!(status.code(), Code::Internal);
    assert_reset(&frames);
    let collect = async |cafe: CoffeeMachineStub| cafe.watch(filter()).collect().await;
    let (status, frames) = fails(collect, script).await;
    assert_eq!(status.code(), Code::Internal);
    assert_reset(&frames);
    let chat = async |cafe: CoffeeMachineStub| {
        let (_sender, mut answers) = cafe.open().chat().split().await?;
        answers.recv().await
    };
    let (status, frames) = fails(chat, script).await;
    assert_eq!(status.code(), Code::Internal);
    assert_cut_off(&frames, "CANCEL");
}

#[tokio::test]
async fn one_answer_that_does_not_decode_is_known_at_its_end() {
    // the status goes before what the message is worth.
    let call = async |cafe: CoffeeMachineStub| cafe.make_latte(order()).await;
    for (sent, seen) in [("0", Code::Internal), ("5", Code::NotFound)] {
        let script = async |peer: &mut Connection| {
            answer(peer).await;
            peer.message(1, "\u{7}").await.unwrap();
            peer.trailers(1, [("grpc-status", sent)]).await.unwrap();
        };
        let (status, frames) = fails(call, script).await;
        assert_eq!(status.code(), seen);
        assert_eq!(frames, ["HEADERS 1", "DATA 1 (7) END_STREAM"]); // B-25
    }
}

#[tokio::test]
async fn more_answers_than_one() {
    // as soon as the second is there.
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.data(1, [grpc_message(""), grpc_message("")].concat())
            .await
            .unwrap();
    };
    let (status, frames) = fails(async |cafe| cafe.make_latte(order()).await, script).await;
    assert_eq!(status.code(), Code::Unimplemented);
    assert_reset(&frames);
    let upload = async |cafe: CoffeeMachineStub| cafe.upload(stream::pending::<Bean>()).await;
    let (status, frames) = fails(upload, script).await;
    assert_eq!(status.code(), Code::Unimplemented);
    assert_cut_off(&frames, "CANCEL");
    let opened = async |cafe: CoffeeMachineStub| {
        let reply = cafe.open().make_latte().send(order()).await?;
        reply.await
    };
    let (status, frames) = fails(opened, script).await;
    assert_eq!(status.code(), Code::Unimplemented);
    assert_reset(&frames);
}

#[tokio::test]
async fn no_answer_at_all() {
    //
    let script = async |peer: &mut Connection| {
        answer(peer).await;
        peer.trailers(1, [("grpc-status", "0")]).await.unwrap();
    };
    let (status, frames) = fails(async |cafe| cafe.make_latte(order()).await, script).await;
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(frames, ["HEADERS 1", "DATA 1 (7) END_STREAM"]); // B-25
}

/// The last words of a source.
fn out_of_beans() -> Status {
    Status::new(Code::DataLoss, "out of beans")
}

/// Tells a request's source that the server has come to where it is to go on.
type GoOn = Arc<Notify>;

/// What is sent from then on.
fn then<T, I>(go_on: &GoOn, messages: I) -> impl Stream<Item = T> + use<T, I>
where
    I: IntoIterator<Item = T>,
{
    let go_on = Arc::clone(go_on);
    let wait = async move {
        go_on.notified().await;
        stream::iter(messages)
    };
    stream::once(wait).flatten()
}

/// The same as [`fails`], and the source of the request goes on behind the server.
async fn source_fails<T>(
    call: impl AsyncFnOnce(CoffeeMachineStub, GoOn) -> Result<T, Status>,
    script: impl AsyncFnOnce(&mut Connection),
) -> (Status, Vec<String>) {
    let go_on = GoOn::default();
    let script = async |peer: &mut Connection| {
        script(peer).await;
        go_on.notify_one();
    };
    fails(async |cafe| call(cafe, Arc::clone(&go_on)).await, script).await
}

/// The request's own status is the call's, before and after headers (B-24).
async fn runs_out<T>(call: impl AsyncFn(CoffeeMachineStub, GoOn) -> Result<T, Status>) {
    let assert = |(status, frames): (Status, Vec<String>)| {
        assert_eq!(status.code(), Code::DataLoss);
        assert_eq!(status.message(), "out of beans");
        assert_cut_off(&frames, "CANCEL"); // B-23
    };
    assert(source_fails(&call, take).await);
    assert(source_fails(&call, answer).await);
}

#[tokio::test]
async fn sources_that_fail() {
    runs_out(async |cafe, go_on| {
        let beans = then(&go_on, [Err::<Bean, _>(out_of_beans())]);
        cafe.upload(beans).await
    })
    .await;
    runs_out(async |cafe, go_on| {
        let beans = then(&go_on, [Ok(bean()), Err(out_of_beans())]);
        cafe.upload(beans).await
    })
    .await;
    runs_out(async |cafe, go_on| {
        let lines = then(&go_on, [Err::<Line, _>(out_of_beans())]);
        cafe.chat(lines).collect().await
    })
    .await;
    runs_out(async |cafe, go_on| {
        let lines = then(&go_on, [Ok(line()), Err(out_of_beans())]);
        let mut answers = cafe.chat(lines.chain(stream::pending())).await?;
        answers.recv().await
    })
    .await;
}

#[tokio::test]
async fn a_source_that_fails_at_once_sends_nothing() {
    // B-24
    within(async {
        let mut cafe = Cafe::open().await;
        let beans = stream::iter([Ok(bean()), Err(out_of_beans())]);
        let status = cafe.stub.upload(beans).await.unwrap_err();
        assert_eq!(status.code(), Code::DataLoss);
        assert!(cafe.frames().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_source_that_fails_with_ok_has_failed() {
    // A-129, B-24
    let upload = async |cafe: CoffeeMachineStub, go_on| {
        let beans = then(&go_on, [Ok(bean()), Err(Status::new(Code::Ok, "no more"))]);
        cafe.upload(beans).await
    };
    let (status, frames) = source_fails(upload, take).await;
    assert_eq!(status.code(), Code::Unknown);
    assert_eq!(status.message(), "no more");
    assert_cut_off(&frames, "CANCEL");
}

#[tokio::test]
async fn requests_over_the_limit_send_nothing() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let call = cafe.stub.make_latte(order()).max_send_message_size(1);
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        let call = cafe.stub.watch(filter()).max_send_message_size(1);
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(cafe.frames().await.is_empty());
    })
    .await;
}

/// A message of a stream is over the limit: the call is over, and cut off.
async fn over_the_limit<T>(call: impl AsyncFnOnce(CoffeeMachineStub, GoOn) -> Result<T, Status>) {
    let small = CallOptions::new().max_send_message_size(1);
    let call = async |cafe: CoffeeMachineStub, go_on| call(cafe.with(small), go_on).await;
    let (status, frames) = source_fails(call, take).await;
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_cut_off(&frames, "CANCEL");
}

#[tokio::test]
async fn streamed_messages_over_the_limit() {
    over_the_limit(async |cafe, go_on| {
        let beans = then(&go_on, [Bean::default(), bean()]);
        cafe.upload(beans).await
    })
    .await;
    over_the_limit(async |cafe, go_on| {
        let lines = then(&go_on, [Line::default(), line()]);
        cafe.chat(lines).collect().await
    })
    .await;
    over_the_limit(async |cafe, _| {
        let mut call = cafe.open().chat();
        call.send(Line::default()).await?;
        call.send(line()).await
    })
    .await;
    over_the_limit(async |cafe, _| {
        let mut call = cafe.open().upload();
        call.send(Bean::default()).await?;
        call.send(bean()).await
    })
    .await;
    over_the_limit(async |cafe, _| {
        let (mut sender, mut answers) = cafe.open().chat().split().await?;
        let sent = sender.send(line()).await.unwrap_err();
        assert_eq!(sent.code(), Code::ResourceExhausted);
        answers.recv().await
    })
    .await;
}
