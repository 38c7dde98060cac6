//! A server that sends GOAWAY around the first call: the second is made on a new connection.

use ziggurat::Channel;
use ziggurat_examples::cafe::CoffeeMachineStub;
use ziggurat_testing::peer::{Connection, Peer, Reason};

use crate::cafe::{accept, answer, large_call, take, within};

/// Makes two large calls, the first against a script that ends its connection; serves the second on another one.
async fn two_calls(first: impl AsyncFnOnce(&mut Connection, u32)) {
    within(async {
        let peer = Peer::bind().await.unwrap();
        let channel = Channel::builder(&peer.url().unwrap()).unwrap();
        let cafe = CoffeeMachineStub::new(channel.connect_lazy());

        let serve = async {
            let mut connection = accept(&peer).await;
            let stream = take(&mut connection).await;
            first(&mut connection, stream).await;
            // Without calls it is of no use any more.
            connection.closed().await.unwrap();
            connection.log()
        };
        let (told, sent) = tokio::join!(large_call(&cafe), serve);
        told.unwrap();
        assert_eq!(requests(&sent.lines()), 1);

        let serve = async {
            let mut connection = accept(&peer).await;
            let stream = take(&mut connection).await;
            answer(&mut connection, stream).await;
        };
        let (told, ()) = tokio::join!(large_call(&cafe), serve);
        told.unwrap();
    })
    .await;
}

fn requests(sent: &[String]) -> usize {
    let heads = sent.iter().filter(|line| line.starts_with("HEADERS"));
    heads.count()
}

async fn go_away(peer: &mut Connection, last: u32) {
    peer.go_away(last, Reason::NO_ERROR, "").await.unwrap();
}

#[tokio::test]
async fn goaway_after_the_first_call() {
    //
    two_calls(async |peer, stream| {
        answer(peer, stream).await;
        go_away(peer, stream).await;
    })
    .await;
}

#[tokio::test]
async fn goaway_in_the_first_call_lets_it_finish() {
    //
    two_calls(async |peer, stream| {
        go_away(peer, stream).await;
        peer.barrier().await.unwrap();
        answer(peer, stream).await;
    })
    .await;
}

#[tokio::test]
async fn goaway_in_two_steps() {
    //
    two_calls(async |peer, stream| {
        go_away(peer, (1 << 31) - 1).await;
        peer.barrier().await.unwrap();
        go_away(peer, stream).await;
        answer(peer, stream).await;
    })
    .await;
}
