//! Calls that a floor above the channel sends again: what is on the wire, and what is kept meanwhile.

use std::time::Duration;

use futures_util::stream;
use tower::Layer;
use ziggurat::{
    Channel, Code,
    layers::retry::{RetryLayer, RetryPolicy, WithRetry},
    protocol::status::progress::{GaveUp, Progress},
};
use ziggurat_examples::cafe::CoffeeMachineStub;
use ziggurat_testing::peer::{Connection, Options, Peer, Reason, Setting};

use crate::cafe::{bean, line, order, serve, take, within};

type Stub = CoffeeMachineStub<WithRetry<Channel>>;

/// A stub whose calls are sent up to four times, over a channel that may keep so much of all of them together.
async fn open_with(total: usize, options: Options) -> (Stub, Connection) {
    let policy = RetryPolicy::builder()
        .retryable_codes([Code::ResourceExhausted])
        .max_attempts(4)
        .initial_backoff(Duration::from_millis(1))
        .build()
        .unwrap();
    let peer = Peer::bind().await.unwrap();
    let builder = Channel::builder(&peer.url().unwrap()).unwrap();
    let channel = builder.resend_total(total);
    let (channel, peer) = tokio::join!(channel.connect(), peer.accept_with(options));
    let service = RetryLayer::new(policy).layer(channel.unwrap());
    (CoffeeMachineStub::new(service), peer.unwrap())
}

async fn open(total: usize) -> (Stub, Connection) {
    open_with(total, Options::new()).await
}

/// Takes the next request with so much of its body, and fails it with the code of the policy.
async fn fail(peer: &mut Connection, bytes: usize) {
    let stream = peer.request().await.unwrap().stream;
    peer.body_prefix(stream, bytes).await.unwrap();
    peer.respond_status(stream, 8, "").await.unwrap();
}

/// Takes the next request with so much of its body, and refuses it.
async fn refuse(peer: &mut Connection, bytes: usize) {
    let stream = peer.request().await.unwrap().stream;
    peer.body_prefix(stream, bytes).await.unwrap();
    peer.reset(stream, Reason::REFUSED_STREAM).await.unwrap();
}

#[tokio::test]
async fn each_attempt_has_all_of_a_stream_and_its_end() {
    // C-18, C-57
    within(async {
        let (cafe, mut peer) = open(1000).await;
        let beans = stream::iter([bean(), bean(), bean()]);
        let script = async {
            fail(&mut peer, 21).await;
            fail(&mut peer, 21).await;
            serve(&mut peer, 1).await;
        };
        let (receipt, ()) = tokio::join!(cafe.upload(beans), script);
        receipt.unwrap();
        peer.barrier().await.unwrap();
        let mut data = peer.log().calls().lines();
        data.retain(|frame| frame.starts_with("DATA"));
        assert_eq!(
            data,
            [1, 3, 5].map(|stream| format!("DATA {stream} (21) END_STREAM"))
        );
    })
    .await;
}

#[tokio::test]
async fn an_opened_call_goes_on_where_it_was() {
    // C-18, C-19
    within(async {
        let (cafe, mut peer) = open(1000).await;
        let mut chat = cafe.open().chat();
        chat.send(line()).await.unwrap();
        chat.send(line()).await.unwrap();
        let script = async {
            fail(&mut peer, 16).await;
            let stream = peer.request().await.unwrap().stream;
            peer.body_prefix(stream, 16).await.unwrap();
            peer.grpc_headers(stream).await.unwrap();
            peer.message(stream, "").await.unwrap();
            stream
        };
        let (answer, stream) = tokio::join!(chat.recv(), script);
        assert!(answer.unwrap().is_some());
        assert_eq!(chat.progress().unwrap().attempts().len(), 1);
        let finish = async {
            chat.send_last(line()).await?;
            chat.finish().await
        };
        let end = async {
            assert_eq!(peer.body(stream).await.unwrap().len(), 24);
            peer.trailers(stream, [("grpc-status", "0")]).await.unwrap();
        };
        let (told, ()) = tokio::join!(finish, end);
        told.unwrap();
    })
    .await;
}

#[tokio::test]
async fn attempts_of_a_split_call_move_with_its_reader() {
    // T-24: nobody else polls them
    within(async {
        let (cafe, mut peer) = open(1000).await;
        let mut chat = cafe.open().chat();
        chat.send(line()).await.unwrap();
        let (sender, mut answers) = tokio::select! {
            biased;
            halves = chat.split() => halves.unwrap(),
            () = fail(&mut peer, 8) => unreachable!("the halves are there at once"),
        };
        fail(&mut peer, 8).await;
        // Of the sender alone no attempt begins; what it sends is kept for the next.
        sender.send_last(line()).await.unwrap();
        let sent = peer.barrier().await.unwrap().lines();
        assert!(
            !sent.iter().any(|frame| frame.starts_with("HEADERS")),
            "{sent:?}"
        );
        let script = async {
            let stream = peer.request().await.unwrap().stream;
            assert_eq!(peer.body(stream).await.unwrap().len(), 16);
            peer.respond_ok(stream, [""]).await.unwrap();
        };
        let (answer, ()) = tokio::join!(answers.recv(), script);
        assert!(answer.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_dropped_resets_the_attempt_that_runs() {
    // B-20
    within(async {
        let (cafe, mut peer) = open(1000).await;
        {
            let call = async { cafe.make_latte(order()).await.map(drop) };
            let script = async {
                fail(&mut peer, 7).await;
                take(&mut peer).await;
            };
            tokio::select! {
                biased;
                early = call => panic!("{early:?}"),
                () = script => {}
            }
        }
        peer.barrier().await.unwrap();
        let frames = peer.log().calls().lines();
        assert_eq!(frames.last().unwrap(), "RST_STREAM 3 CANCEL");
    })
    .await;
}

#[tokio::test]
async fn floor_and_channel_keep_the_same_bytes_once() {
    // C-25, T-22
    within(async {
        let (cafe, mut peer) = open(8 * 100).await;
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
        // Nothing more may be kept: neither is sent again, by the floor or by the channel.
        let upload = async { cafe.upload([bean()]).await.map(drop) };
        let (told, ()) = tokio::join!(upload, fail(&mut peer, 7));
        let status = told.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        let gave_up = status.progress().and_then(Progress::gave_up);
        assert_eq!(gave_up, Some(GaveUp::TooLarge));
        let upload = async { cafe.upload([bean()]).await.map(drop) };
        let (told, ()) = tokio::join!(upload, refuse(&mut peer, 7));
        assert_eq!(told.unwrap_err().code(), Code::Unavailable);
        // Each of the others can be: refused, it goes out again; failed then, once more.
        for (chat, stream) in chats.iter_mut().zip(streams) {
            peer.reset(stream, Reason::REFUSED_STREAM).await.unwrap();
            let script = async {
                fail(&mut peer, 8).await;
                let stream = peer.request().await.unwrap().stream;
                peer.body_prefix(stream, 8).await.unwrap();
                peer.grpc_headers(stream).await.unwrap();
            };
            let (told, ()) = tokio::join!(chat.initial_metadata(), script);
            told.unwrap();
        }
        // With their headers all is let go.
        let beans = vec![bean(); 114];
        let script = async {
            fail(&mut peer, 7 * 114).await;
            serve(&mut peer, 1).await;
        };
        let (told, ()) = tokio::join!(cafe.upload(beans), script);
        told.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_thousand_calls_that_have_their_headers_keep_nothing() {
    // C-27
    const CALLS: u32 = 1000;
    within(async {
        let settings = [(Setting::MAX_CONCURRENT_STREAMS, CALLS + 1)];
        // Room for two of them.
        let (cafe, mut peer) = open_with(16, Options::new().settings(settings)).await;
        let mut chats = Vec::new();
        for _ in 0..CALLS {
            let mut chat = cafe.open().chat();
            chat.send(line()).await.unwrap();
            let stream = peer.request().await.unwrap().stream;
            peer.body_prefix(stream, 8).await.unwrap();
            peer.grpc_headers(stream).await.unwrap();
            chat.initial_metadata().await.unwrap();
            chats.push(chat);
        }
        let script = async {
            fail(&mut peer, 14).await;
            serve(&mut peer, 1).await;
        };
        let (told, ()) = tokio::join!(cafe.upload([bean(), bean()]), script);
        told.unwrap();
    })
    .await;
}
