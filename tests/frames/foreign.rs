//! Calls of tonic's stub over a channel of ours: the timeout that it writes is kept.

use std::time::Duration;

use tokio::time;
use tonic::{Code, Request, Status};
use ziggurat_examples::{
    cafe::{Bean, Filter, LatteOrder, Line},
    tonic_cafe::coffee_machine_client::CoffeeMachineClient,
};
use ziggurat_testing::peer::Connection;

use crate::{
    cafe::{Cafe, answer, answer_once, filter, take},
    clock::still,
};

const TIMEOUT: Duration = Duration::from_millis(300);

/// When its timer has fired: tokio's timers count whole milliseconds.
const LATE: Duration = Duration::from_millis(301);

type Foreign = CoffeeMachineClient<ziggurat::Channel>;

fn hurried<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(TIMEOUT);
    request
}

/// A call is under way as far as the script says when its timeout is over; it is reset, and its place is free.
async fn expires<T>(
    call: impl AsyncFnOnce(Foreign) -> Result<T, Status>,
    script: impl AsyncFnOnce(&mut Connection),
) -> Status {
    let mut cafe = Cafe::open().await;
    let stub = CoffeeMachineClient::new(cafe.channel.clone());
    let script = async |peer: &mut Connection| {
        script(peer).await;
        time::advance(LATE).await;
    };
    let ended = cafe.run(async |_| call(stub).await, script).await;
    let status = ended.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}"); // B-3, B-4
    let frames = cafe.frames().await;
    assert_eq!(frames.last().unwrap(), "RST_STREAM 1 CANCEL", "{frames:?}");
    cafe.serves_another().await;
    status
}

#[tokio::test]
async fn without_headers_and_with() {
    still(async {
        let call = async |mut cafe: Foreign| cafe.make_latte(hurried(LatteOrder::default())).await;
        let status = expires(call, take).await;
        assert!(status.message().contains("300ms"), "{status}"); // B-7
        expires(call, answer).await;
        expires(call, answer_once).await;
        let call = async |mut cafe: Foreign| {
            let beans = hurried(tokio_stream::pending::<Bean>());
            cafe.upload(beans).await
        };
        expires(call, take).await;
    })
    .await;
}

#[tokio::test]
async fn in_the_middle_of_a_stream() {
    still(async {
        let call = async |mut cafe: Foreign| {
            let mut orders = cafe.watch(hurried(Filter::default())).await?.into_inner();
            assert!(orders.message().await?.is_some());
            orders.message().await
        };
        expires(call, answer_once).await;
        let call = async |mut cafe: Foreign| {
            let lines = hurried(tokio_stream::pending::<Line>());
            let mut answers = cafe.chat(lines).await?.into_inner();
            assert!(answers.message().await?.is_some());
            answers.message().await
        };
        expires(call, answer_once).await;
    })
    .await;
}

#[tokio::test]
async fn in_the_queue_for_a_stream() {
    //
    still(async {
        let mut cafe = Cafe::open().await;
        let _has_the_stream = cafe.stub.watch(filter()).await.unwrap();
        take(&mut cafe.peer).await;
        let mut stub = CoffeeMachineClient::new(cafe.channel.clone());
        let call = async |_| stub.make_latte(hurried(LatteOrder::default())).await;
        let script = async |peer: &mut Connection| {
            peer.barrier().await.unwrap();
            time::advance(LATE).await;
        };
        let ended = cafe.run(call, script).await.unwrap_err();
        assert_eq!(ended.code(), Code::DeadlineExceeded);
        assert!(ended.message().contains("stream"), "{ended}"); // B-7
        let frames = cafe.frames().await;
        assert!(
            !frames.iter().any(|frame| frame.contains(" 3")),
            "{frames:?}"
        );
    })
    .await;
}

/// What the server gets as `grpc-timeout`, of a call that waited for a stream, and what the call ends with.
async fn waited(request: Request<LatteOrder>) -> (Option<String>, Result<(), Status>) {
    let mut cafe = Cafe::open().await;
    let has_the_stream = cafe.stub.watch(filter()).await.unwrap();
    take(&mut cafe.peer).await;
    let mut stub = CoffeeMachineClient::new(cafe.channel.clone());
    let mut announced = None;
    let script = async |peer: &mut Connection| {
        peer.barrier().await.unwrap();
        time::advance(Duration::from_millis(100)).await;
        drop(has_the_stream);
        let request = peer.request().await.unwrap();
        announced = request.fields.get("grpc-timeout").map(str::to_owned);
        time::advance(Duration::from_millis(100)).await;
        peer.respond_ok(request.stream, [""]).await.unwrap();
    };
    let ended = cafe
        .run(async |_| stub.make_latte(request).await, script)
        .await;
    (announced, ended.map(drop))
}

#[tokio::test]
async fn what_is_left_is_announced() {
    //
    still(async {
        let (announced, ended) = waited(hurried(LatteOrder::default())).await;
        assert_eq!(announced.as_deref(), Some("200000u"));
        ended.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_nobody_can_read_is_left_to_the_server() {
    //
    still(async {
        for text in ["soon", "1", "-1S", "123456789m", "50ms"] {
            let mut request = Request::new(LatteOrder::default());
            request
                .metadata_mut()
                .insert("grpc-timeout", text.parse().unwrap());
            let (announced, ended) = waited(request).await;
            assert_eq!(announced.as_deref(), Some(text));
            ended.unwrap();
        }
    })
    .await;
}
