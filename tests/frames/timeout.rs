//! What a deadline sends: what is left of it, or nothing at all.

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use tokio::time::{self, Instant};
use tower::{limit::ConcurrencyLimit, util::MapRequest};
use ziggurat::{Body, Call, CallOptions, Channel, Code, Deadline, GrpcService};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub};
use ziggurat_testing::peer::Connection;

use crate::{
    cafe::{Cafe, bean, filter, line, order, take},
    clock::still,
};

#[tokio::test]
async fn a_call_that_is_late_at_its_start_sends_nothing() {
    // B-6, A-18
    still(async {
        let mut cafe = Cafe::open().await;
        let late = CallOptions::new().timeout(Duration::ZERO);
        let stub = cafe.stub.with(late);
        let late = [
            stub.make_latte(order()).await.map(drop),
            stub.watch(filter()).await.map(drop),
            stub.upload([bean()]).await.map(drop),
            stub.chat([line()]).collect().await.map(drop),
            stub.open().chat().send_request().await,
            stub.open().make_latte().send(order()).await.map(drop),
        ];
        for ended in late {
            assert_eq!(ended.unwrap_err().code(), Code::DeadlineExceeded);
        }
        assert!(cafe.frames().await.is_empty());
    })
    .await;
}

/// The `grpc-timeout` of a call that is made after some time.
async fn announced(
    call: impl FnOnce(CoffeeMachineStub) -> Call<Coffee, Channel>,
    after: Duration,
) -> Option<String> {
    let mut cafe = Cafe::open().await;
    let call = Box::pin(call(cafe.stub.clone()));
    time::advance(after).await;
    let mut announced = None;
    let script = async |peer: &mut Connection| {
        let request = peer.request().await.unwrap();
        let values = request.fields.values("grpc-timeout");
        assert!(values.count() <= 1);
        announced = request.fields.get("grpc-timeout").map(str::to_owned);
        peer.respond_ok(request.stream, [""]).await.unwrap();
    };
    cafe.run(async |_| call.await, script).await.unwrap();
    announced
}

#[tokio::test]
async fn what_is_left_is_announced() {
    still(async {
        let now = Duration::ZERO;
        let none = announced(|cafe| cafe.make_latte(order()), now).await;
        assert_eq!(none, None);
        let timeout = Duration::from_millis(300);
        let call = |cafe: CoffeeMachineStub| cafe.make_latte(order()).timeout(timeout);
        // the finest unit that has room; a timeout starts with the call.
        assert_eq!(announced(call, now).await.unwrap(), "300000u");
        let later = Duration::from_millis(100);
        assert_eq!(announced(call, later).await.unwrap(), "300000u"); // B-1
        let call = |cafe: CoffeeMachineStub| {
            let deadline = Deadline::at(Instant::now() + timeout);
            cafe.make_latte(order()).deadline(deadline)
        };
        assert_eq!(announced(call, now).await.unwrap(), "300000u");
        assert_eq!(announced(call, later).await.unwrap(), "200000u");
        let call = |cafe: CoffeeMachineStub| {
            let deadline = Deadline::at(Instant::now() + timeout);
            cafe.make_latte(order()).deadline(deadline).timeout(later)
        };
        assert_eq!(announced(call, now).await.unwrap(), "100000u"); // B-2
    })
    .await;
}

/// A call with 300 ms that waits 100 ms for a stream, over some layers.
async fn assert_announced_late<S: GrpcService>(layered: impl FnOnce(Channel) -> S) {
    still(async {
        let mut cafe = Cafe::open().await;
        let has_the_stream = cafe.stub.watch(filter()).await.unwrap();
        take(&mut cafe.peer).await;
        let stub = CoffeeMachineStub::new(layered(cafe.channel.clone()));
        let call = async |_| {
            let timeout = Duration::from_millis(300);
            stub.make_latte(order()).timeout(timeout).await
        };
        let script = async |peer: &mut Connection| {
            peer.barrier().await.unwrap();
            time::advance(Duration::from_millis(100)).await;
            drop(has_the_stream);
            let request = peer.request().await.unwrap();
            assert_eq!(request.fields.get("grpc-timeout"), Some("200000u"));
            peer.respond_ok(request.stream, [""]).await.unwrap();
        };
        cafe.run(call, script).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_left_is_announced_when_there_is_a_stream() {
    //
    assert_announced_late(|channel| channel).await;
    // Whatever stands between.
    assert_announced_late(|channel| ConcurrencyLimit::new(channel, 1)).await;
    let wrapped = |request: Request<Body>| request.map(|body| body.map_frame(|frame| frame));
    assert_announced_late(|channel| MapRequest::new(channel, wrapped)).await;
}
