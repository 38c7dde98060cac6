//! What a request is on the wire: its head, its messages, and where END_STREAM stands.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, header::TE};
use http_body_util::{BodyExt, Empty, Full};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tower::ServiceExt;
use ziggurat::{Channel, Status};
use ziggurat_examples::cafe::{Bean, CoffeeMachineStub, Line};
use ziggurat_testing::peer::{Fields, Peer};

use crate::{
    cafe::{Cafe, bean, filter, line, order, serve, within},
    clock::still,
};

/// What a call sends that is answered with OK and so many messages once its request is complete.
///
/// No time passes, so that no stream of messages is interrupted for having had its turn.
async fn sent<T>(
    messages: usize,
    call: impl AsyncFnOnce(CoffeeMachineStub) -> Result<T, Status>,
) -> Vec<String> {
    still(async {
        let mut cafe = Cafe::open().await;
        let ended = cafe
            .run(call, async |peer| serve(peer, messages).await)
            .await;
        ended.map(drop).unwrap();
        cafe.frames().await
    })
    .await
}

#[tokio::test]
async fn one_message_ends_the_request() {
    // B-25
    let whole = ["HEADERS 1", "DATA 1 (7) END_STREAM"];
    let log = sent(1, async |cafe| cafe.make_latte(order()).await).await;
    assert_eq!(log, whole);
    let log = sent(2, async |cafe| cafe.watch(filter()).collect().await).await;
    assert_eq!(log, whole);
    let log = sent(1, async |cafe| cafe.upload([bean()]).await).await;
    assert_eq!(log, whole);
    let log = sent(0, async |cafe| cafe.chat([Line::default()]).collect().await).await;
    assert_eq!(log, ["HEADERS 1", "DATA 1 (5) END_STREAM"]);
}

#[tokio::test]
async fn no_message_is_an_empty_frame_that_ends() {
    // never END_STREAM on HEADERS
    let whole = ["HEADERS 1", "DATA 1 (0) END_STREAM"];
    let log = sent(1, async |cafe| cafe.upload([]).await).await;
    assert_eq!(log, whole);
    let log = sent(1, async |cafe| cafe.upload(stream::empty::<Bean>()).await).await;
    assert_eq!(log, whole);
    let log = sent(3, async |cafe| cafe.chat([]).collect().await).await;
    assert_eq!(log, whole);
}

/// What a channel sends of a request that no stub made.
async fn sent_of(
    body: impl http_body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
) -> Vec<String> {
    within(async {
        let mut cafe = Cafe::open().await;
        let request = Request::post("/cafe.v1.CoffeeMachine/Upload")
            .body(body)
            .unwrap();
        let channel = cafe.channel.clone();
        let call = async { channel.oneshot(request).await.unwrap().collect().await };
        let (answered, ()) = tokio::join!(call, serve(&mut cafe.peer, 0));
        answered.unwrap();
        cafe.frames().await
    })
    .await
}

#[tokio::test]
async fn a_body_made_elsewhere_is_sent_by_the_same_rules() {
    // L-2
    let sent = sent_of(Empty::<Bytes>::new()).await;
    assert_eq!(sent, ["HEADERS 1", "DATA 1 (0) END_STREAM"]);
    let trailers = HeaderMap::from_iter([(TE, HeaderValue::from_static("7"))]);
    let body = Full::<Bytes>::from("\0\0\0\0\0").with_trailers(async { Some(Ok(trailers)) });
    let sent = sent_of(body).await;
    assert_eq!(sent, ["HEADERS 1", "DATA 1 (5)", "DATA 1 (0) END_STREAM"]);
}

#[tokio::test]
async fn messages_that_are_there_leave_together_with_the_end() {
    //
    let whole = ["HEADERS 1", "DATA 1 (21) END_STREAM"];
    let log = sent(1, async |cafe| cafe.upload(vec![bean(); 3]).await).await;
    assert_eq!(log, whole);
    let beans = stream::iter(vec![bean(); 3]);
    let log = sent(1, async |cafe| cafe.upload(beans).await).await;
    assert_eq!(log, whole);
    let results = stream::iter([Ok(bean()), Ok::<_, Status>(bean()), Ok(bean())]);
    let log = sent(1, async |cafe| cafe.upload(results).await).await;
    assert_eq!(log, whole);
}

#[tokio::test]
async fn messages_that_come_one_by_one_leave_one_by_one() {
    within(async {
        let mut cafe = Cafe::open().await;
        let (beans, source) = mpsc::channel(1);
        let call = async |cafe: CoffeeMachineStub| cafe.upload(ReceiverStream::new(source)).await;
        let ended = cafe.run(call, async |peer| {
            for number in 1..=2 {
                beans.send(bean()).await.unwrap();
                peer.body_prefix(1, 7 * number).await.unwrap();
            }
            drop(beans);
            serve(peer, 1).await;
        });
        ended.await.unwrap();
        let whole = [
            "HEADERS 1",
            "DATA 1 (7)",
            "DATA 1 (7)",
            "DATA 1 (0) END_STREAM",
        ];
        assert_eq!(cafe.frames().await, whole);
    })
    .await;
}

#[tokio::test]
async fn opened_calls_of_one_message_end_with_it() {
    //
    let whole = ["HEADERS 1", "DATA 1 (7) END_STREAM"];
    let log = sent(1, async |cafe| {
        cafe.open().make_latte().send(order()).await?.await
    });
    assert_eq!(log.await, whole);
    let log = sent(1, async |cafe| {
        let mut call = cafe.open().make_latte();
        call.send_request().await?;
        call.send(order()).await?.await
    });
    assert_eq!(log.await, whole);
    let log = sent(2, async |cafe| {
        cafe.open().watch().send(filter()).await?.finish().await
    });
    assert_eq!(log.await, whole);
}

#[tokio::test]
async fn opened_calls_without_messages_end_with_an_empty_frame() {
    //
    let whole = ["HEADERS 1", "DATA 1 (0) END_STREAM"];
    let log = sent(1, async |cafe| cafe.open().upload().end().await?.await);
    assert_eq!(log.await, whole);
    let log = sent(1, async |cafe| {
        let mut call = cafe.open().upload();
        call.send_request().await?;
        call.end().await?.await
    });
    assert_eq!(log.await, whole);
    let log = sent(0, async |cafe| {
        let mut call = cafe.open().chat();
        call.send_request().await?;
        call.end().await?;
        call.finish().await
    });
    assert_eq!(log.await, whole);
    let log = sent(2, async |cafe| cafe.open().chat().finish().await);
    assert_eq!(log.await, whole);
    let log = sent(0, async |cafe| {
        let (sender, answers) = cafe.open().chat().split().await?;
        sender.end()?;
        answers.finish().await
    });
    assert_eq!(log.await, whole);
}

#[tokio::test]
async fn opened_calls_send_when_they_are_told() {
    let apart = ["HEADERS 1", "DATA 1 (8)", "DATA 1 (0) END_STREAM"];
    let log = sent(1, async |cafe| {
        let mut call = cafe.open().chat();
        call.send(line()).await?;
        call.end().await?;
        call.finish().await
    });
    assert_eq!(log.await, apart);
    let log = sent(1, async |cafe| {
        let mut call = cafe.open().upload();
        call.send(bean()).await?;
        call.end().await?.await
    });
    assert_eq!(
        log.await,
        ["HEADERS 1", "DATA 1 (7)", "DATA 1 (0) END_STREAM"]
    );
    let log = sent(1, async |cafe| {
        let (mut sender, answers) = cafe.open().chat().split().await?;
        sender.send(line()).await?;
        sender.send_last(line()).await?;
        answers.finish().await
    });
    assert_eq!(log.await, ["HEADERS 1", "DATA 1 (16) END_STREAM"]);
}

#[tokio::test]
async fn the_last_message_of_an_opened_call_ends_it() {
    //
    let log = sent(1, async |cafe| {
        cafe.open().upload().send_last(bean()).await?.await
    });
    assert_eq!(log.await, ["HEADERS 1", "DATA 1 (7) END_STREAM"]);
    let log = sent(1, async |cafe| {
        let mut call = cafe.open().chat();
        call.send(line()).await?;
        call.send_last(line()).await?;
        call.finish().await
    });
    assert_eq!(
        log.await,
        ["HEADERS 1", "DATA 1 (8)", "DATA 1 (8) END_STREAM"]
    );
}

#[tokio::test]
async fn an_opened_call_can_send_its_head_alone() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().chat();
        call.send_request().await.unwrap();
        assert_eq!(cafe.frames().await, ["HEADERS 1"]);
        call.send(line()).await.unwrap();
        assert_eq!(cafe.frames().await, ["HEADERS 1", "DATA 1 (8)"]);
    })
    .await;
}

#[tokio::test]
async fn an_opened_call_sends_nothing_until_told() {
    within(async {
        let mut cafe = Cafe::open().await;
        let calls = cafe.stub.open().chat();
        let unpolled = cafe.stub.make_latte(order()).send();
        assert!(cafe.frames().await.is_empty());
        drop((calls, unpolled));
        assert!(cafe.frames().await.is_empty());
    })
    .await;
}

/// The head of a call's request.
async fn head<T>(call: impl AsyncFnOnce(CoffeeMachineStub) -> Result<T, Status>) -> Fields {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut head = None;
        let ended = cafe.run(call, async |peer| {
            let request = peer.request().await.unwrap();
            head = Some(request.fields);
            peer.body(request.stream).await.unwrap();
            peer.respond_ok(request.stream, [""]).await.unwrap();
        });
        ended.await.map(drop).unwrap();
        head.unwrap()
    })
    .await
}

/// A request has these fields and no others: no content-length, no grpc-timeout, no trailer.
fn assert_head(head: &Fields, path: &str) {
    let names: Vec<_> = head.names().collect();
    let (pseudo, mut others) = (&names[..4], names[4..].to_vec());
    others.sort_unstable();
    assert_eq!(pseudo, [":method", ":scheme", ":authority", ":path"]);
    let all = ["content-type", "grpc-accept-encoding", "te", "user-agent"];
    assert_eq!(others, all);
    assert_eq!(head.get(":method"), Some("POST"));
    assert_eq!(head.get(":scheme"), Some("http"));
    assert_eq!(head.get(":path"), Some(path));
    assert_eq!(head.get("te"), Some("trailers"));
    assert_eq!(head.get("content-type"), Some("application/grpc+proto"));
    let agent = head.get("user-agent").unwrap();
    let version = agent.strip_prefix("grpc-rust-ziggurat/").unwrap();
    assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{agent}");
    assert!(!version.contains(' '), "{agent}");
}

#[tokio::test]
async fn simple_calls_have_the_head_of_a_grpc_request() {
    let unary = head(async |cafe| cafe.make_latte(order()).await).await;
    assert_head(&unary, "/cafe.v1.CoffeeMachine/MakeLatte");
    let server_stream = head(async |cafe| cafe.watch(filter()).collect().await).await;
    assert_head(&server_stream, "/cafe.v1.CoffeeMachine/Watch");
    let client_stream = head(async |cafe| cafe.upload([bean()]).await).await;
    assert_head(&client_stream, "/cafe.v1.CoffeeMachine/Upload");
    let bidi = head(async |cafe| cafe.chat([line()]).collect().await).await;
    assert_head(&bidi, "/cafe.v1.CoffeeMachine/Chat");
}

#[tokio::test]
async fn opened_calls_have_the_same_head() {
    let unary = head(async |cafe| cafe.open().make_latte().send(order()).await?.await).await;
    assert_head(&unary, "/cafe.v1.CoffeeMachine/MakeLatte");
    let server_stream = head(async |cafe| {
        let answers = cafe.open().watch().send(filter()).await?;
        answers.finish().await
    });
    assert_head(&server_stream.await, "/cafe.v1.CoffeeMachine/Watch");
    let client_stream = head(async |cafe| cafe.open().upload().end().await?.await).await;
    assert_head(&client_stream, "/cafe.v1.CoffeeMachine/Upload");
    let bidi = head(async |cafe| cafe.open().chat().finish().await).await;
    assert_head(&bidi, "/cafe.v1.CoffeeMachine/Chat");
}

#[tokio::test]
async fn authority_and_user_agent_are_the_channels() {
    within(async {
        let peer = Peer::bind().await.unwrap();
        let address = peer.address().unwrap().to_string();
        let channel = Channel::builder(&peer.url().unwrap())
            .unwrap()
            .user_agent("orders/1.4")
            .unwrap()
            .connect_lazy();
        let script = peer.script(async move |mut conn| {
            let head = conn.request().await?;
            assert_eq!(head.fields.get(":authority"), Some(&*address));
            let agent = head.fields.get("user-agent").unwrap();
            assert!(agent.starts_with("orders/1.4 grpc-rust-ziggurat/"));
            conn.respond_ok(head.stream, [""]).await
        });
        let cafe = CoffeeMachineStub::new(channel);
        cafe.make_latte(order()).await.unwrap();
        script.finish().await.unwrap();
    })
    .await;
}
