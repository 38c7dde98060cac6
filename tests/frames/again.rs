//! Streamed requests that a server refuses: they are sent again from their start, and go on where they were.

use futures_util::stream;
use ziggurat::{Channel, Code, Status};
use ziggurat_examples::cafe::CoffeeMachineStub;
use ziggurat_testing::peer::{Connection, Options, Peer, Reason, Setting};

use crate::cafe::{Cafe, bean, line, serve, within};

/// Takes the next request with so much of its body, and refuses it.
async fn refuse(peer: &mut Connection, bytes: usize) {
    let stream = peer.request().await.unwrap().stream;
    peer.body_prefix(stream, bytes).await.unwrap();
    peer.reset(stream, Reason::REFUSED_STREAM).await.unwrap();
}

#[tokio::test]
async fn a_client_stream_is_sent_from_its_start() {
    // C-28, C-31
    within(async {
        let mut cafe = Cafe::open().await;
        let beans = stream::iter([bean(), bean(), bean()]);
        let upload = async |cafe: CoffeeMachineStub| cafe.upload(beans).await;
        let script = async |peer: &mut Connection| {
            refuse(peer, 21).await;
            serve(peer, 1).await;
        };
        cafe.run(upload, script).await.unwrap();
        let mut frames = cafe.frames().await;
        frames.retain(|frame| frame.contains(" 3"));
        assert_eq!(frames, ["HEADERS 3", "DATA 3 (21) END_STREAM"]);
    })
    .await;
}

#[tokio::test]
async fn an_opened_call_goes_on_where_it_was() {
    // C-28, T-22
    within(async {
        let mut cafe = Cafe::open().await;
        let mut chat = cafe.stub.open().chat();
        chat.send(line()).await.unwrap();
        chat.send(line()).await.unwrap();
        refuse(&mut cafe.peer, 16).await;
        let again = async {
            let stream = cafe.peer.request().await.unwrap().stream;
            cafe.peer.body_prefix(stream, 16).await.unwrap();
            cafe.peer.grpc_headers(stream).await.unwrap();
            cafe.peer.message(stream, "").await.unwrap();
            stream
        };
        let (answer, stream) = tokio::join!(chat.recv(), again);
        assert!(answer.unwrap().is_some());
        let finish = async {
            chat.send_last(line()).await?;
            chat.finish().await
        };
        let end = async {
            assert_eq!(cafe.peer.body(stream).await.unwrap().len(), 24);
            let ok = [("grpc-status", "0")];
            cafe.peer.trailers(stream, ok).await.unwrap();
        };
        let (told, ()) = tokio::join!(finish, end);
        told.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_is_given_up_is_reset_in_the_attempt_that_runs() {
    // B-23, L-21: the rest of it waits for room, so that nothing but the signal tells.
    within(async {
        let one = [(Setting::INITIAL_WINDOW_SIZE, 8)];
        let mut cafe = Cafe::open_with(Options::new().settings(one)).await;
        let mut chat = cafe.stub.open().chat();
        chat.send(line()).await.unwrap();
        chat.send(line()).await.unwrap();
        refuse(&mut cafe.peer, 8).await;
        let again = async {
            let stream = cafe.peer.request().await.unwrap().stream;
            cafe.peer.body_prefix(stream, 8).await.unwrap();
            cafe.peer.grpc_headers(stream).await.unwrap();
            cafe.peer.message(stream, "").await.unwrap();
            stream
        };
        let (answer, stream) = tokio::join!(chat.recv(), again);
        answer.unwrap();
        let (sender, _answers) = chat.split().await.unwrap();
        drop(sender);
        assert_eq!(cafe.peer.reset_of(stream).await.unwrap(), Reason::CANCEL);
    })
    .await;
}

/// A channel whose calls may keep so much together, and the peer of its connection.
async fn keeping(total: usize) -> (CoffeeMachineStub, Connection) {
    let peer = Peer::bind().await.unwrap();
    let builder = Channel::builder(&peer.url().unwrap()).unwrap();
    let channel = builder.resend_total(total);
    let (channel, peer) = tokio::join!(channel.connect(), peer.accept());
    (CoffeeMachineStub::new(channel.unwrap()), peer.unwrap())
}

/// Refuses a call of so many beans, of seven bytes each; it is sent again if there is room to keep it.
async fn refused(
    cafe: &CoffeeMachineStub,
    peer: &mut Connection,
    beans: usize,
) -> Result<(), Status> {
    let mut upload = Box::pin(async { cafe.upload(vec![bean(); beans]).await.map(drop) });
    tokio::select! {
        biased;
        early = &mut upload => panic!("{early:?}"),
        () = refuse(peer, 7 * beans) => {}
    }
    tokio::select! {
        told = upload => told,
        () = serve(peer, 1) => Ok(()),
    }
}

#[tokio::test]
async fn what_streams_keep_is_counted_until_their_answer_begins() {
    // C-25, C-26, C-27
    within(async {
        let (cafe, mut peer) = keeping(8 * 100 + 7).await;
        let mut chats = Vec::new();
        let mut streams = Vec::new();
        for _ in 0..100 {
            let mut chat = cafe.open().chat();
            chat.send(line()).await.unwrap();
            let stream = peer.request().await.unwrap().stream;
            peer.body_prefix(stream, 8).await.unwrap();
            chats.push(chat);
            streams.push(stream);
        }
        refused(&cafe, &mut peer, 1).await.unwrap();
        let full = refused(&cafe, &mut peer, 2).await.unwrap_err();
        assert_eq!(full.code(), Code::Unavailable);
        for (chat, stream) in chats.iter_mut().zip(streams) {
            peer.grpc_headers(stream).await.unwrap();
            chat.initial_metadata().await.unwrap();
            // What is sent from now on is not kept either.
            chat.send(line()).await.unwrap();
            peer.body_prefix(stream, 16).await.unwrap();
        }
        refused(&cafe, &mut peer, 115).await.unwrap();
        let full = refused(&cafe, &mut peer, 116).await.unwrap_err();
        assert_eq!(full.code(), Code::Unavailable);
    })
    .await;
}
