//! Servers that read first: no part of a call waits for response headers unless it asks for them.

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use ziggurat_examples::cafe::{Line, Order};
use ziggurat_testing::peer::Connection;

use crate::cafe::{Cafe, filter, line, within};

/// Answers with headers only when this many bytes were read, and with one message.
async fn answer_after(peer: &mut Connection, bytes: usize) {
    let stream = peer.request().await.unwrap().stream;
    peer.body_prefix(stream, bytes).await.unwrap();
    peer.respond_ok(stream, [""]).await.unwrap();
}

#[tokio::test]
async fn a_conversation_begins_before_its_headers() {
    within(async {
        let mut cafe = Cafe::open().await;
        let (lines, source) = mpsc::channel(1);
        // Nobody answers, and nothing is there to be sent: the call is under way.
        let mut answers = cafe.stub.chat(ReceiverStream::new(source)).await.unwrap();
        lines.send(line()).await.unwrap();
        // Reading moves the request, too.
        let (answered, ()) = tokio::join!(answers.recv(), answer_after(&mut cafe.peer, 8));
        assert_eq!(answered.unwrap(), Some(Line::default()));
        assert_eq!(answers.recv().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_server_stream_begins_before_its_headers() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut orders = cafe.stub.watch(filter()).await.unwrap();
        answer_after(&mut cafe.peer, 7).await;
        assert_eq!(orders.recv().await.unwrap(), Some(Order::default()));
        assert_eq!(orders.recv().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_opened_call_sends_before_its_headers() {
    within(async {
        let mut cafe = Cafe::open().await;
        let mut call = cafe.stub.open().chat();
        call.send_request().await.unwrap();
        for _ in 0..3 {
            call.send(line()).await.unwrap();
        }
        answer_after(&mut cafe.peer, 24).await;
        assert_eq!(call.recv().await.unwrap(), Some(Line::default()));
    })
    .await;
}

#[tokio::test]
async fn a_split_call_sends_before_its_headers() {
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut sender, mut answers) = cafe.stub.open().chat().split().await.unwrap();
        sender.send(line()).await.unwrap();
        answer_after(&mut cafe.peer, 8).await;
        assert_eq!(answers.recv().await.unwrap(), Some(Line::default()));
    })
    .await;
}

#[tokio::test]
async fn what_the_server_says_is_an_error_of_the_stream() {
    within(async {
        let mut cafe = Cafe::open().await;
        let lines = stream::iter([line()]).chain(stream::pending());
        let mut answers = cafe.stub.chat(lines).await.unwrap();
        let stream = cafe.peer.request().await.unwrap().stream;
        cafe.peer.respond_status(stream, 5, "").await.unwrap();
        answers.recv().await.unwrap_err();
    })
    .await;
}
