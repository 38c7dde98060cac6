//! A sender against a server that takes nothing does not grow.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::{Stream, stream};
use tokio::task::yield_now;
use tokio_test::task;
use ziggurat_examples::cafe::{Bean, Line};
use ziggurat_testing::peer::{Connection, Options, Setting};

use crate::cafe::{Cafe, within};

/// The window that every stream and connection has before anything is said, in bytes.
const WINDOW: usize = 65_535;

/// What may wait on this side beyond the window: the chunk that hyper holds, the next one, and what was written
/// meanwhile, each of 16 KiB and one message more.
const HELD_BACK: usize = 3 * 16 * 1024;

fn text(bytes: usize) -> String {
    "x".repeat(bytes)
}

/// Counts what is taken from an endless stream.
fn counted<T: 'static>(
    make: impl Fn() -> T + Send + 'static,
) -> (Arc<AtomicUsize>, impl Stream<Item = T> + Send + 'static) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let messages = stream::repeat_with(move || {
        count.fetch_add(1, Ordering::Relaxed);
        make()
    });
    (taken, messages)
}

/// Lets the next call fill its window, and proves that no more comes.
async fn fill(peer: &mut Connection) {
    let stream = peer.request().await.unwrap().stream;
    peer.body_prefix(stream, WINDOW).await.unwrap();
    peer.barrier().await.unwrap();
    assert_eq!(peer.client_may_send(stream), 0);
}

#[track_caller]
fn assert_bounded(taken: &AtomicUsize, size: usize) {
    let taken = taken.load(Ordering::Relaxed) * size;
    let bound = WINDOW + HELD_BACK + 3 * size;
    assert!((WINDOW..=bound).contains(&taken), "{taken} of {bound}");
}

#[tokio::test]
async fn a_client_stream_takes_no_more_from_its_source_than_the_server_lets_through() {
    //
    within(async {
        for size in [100, 1_000, 50_000] {
            let mut cafe = Cafe::open().await;
            let (taken, beans) = counted(move || Bean {
                origin: text(size),
                ..Bean::default()
            });
            tokio::select! {
                biased;
                early = cafe.stub.upload(beans) => panic!("nobody answered: {early:?}"),
                () = fill(&mut cafe.peer) => {}
            }
            assert_bounded(&taken, size);
        }
    })
    .await;
}

#[tokio::test]
async fn a_conversation_takes_no_more_from_its_source_than_the_server_lets_through() {
    //
    within(async {
        for size in [100, 1_000, 50_000] {
            let mut cafe = Cafe::open().await;
            let (taken, lines) = counted(move || Line { text: text(size) });
            let mut answers = cafe.stub.chat(lines).await.unwrap();
            let script = async {
                fill(&mut cafe.peer).await;
                // Headers change who polls the request.
                cafe.peer.grpc_headers(1).await.unwrap();
                cafe.peer.barrier().await.unwrap();
            };
            tokio::select! {
                biased;
                early = answers.recv() => panic!("nobody answered: {early:?}"),
                () = script => {}
            }
            assert_bounded(&taken, size);
        }
    })
    .await;
}

/// Messages of this size, and how many of them, are sent to a server whose socket is full.
const MESSAGE: usize = 1024 * 1024;
const MESSAGES: usize = 48;

/// What may be on the way to such a server: hyper's buffer, and those of the two sockets, as large as Linux lets them.
const ON_THE_WAY: usize = 16 * 1024 * 1024;

/// Flow control would let everything through.
async fn generous() -> Cafe {
    let most = (1 << 31) - 1;
    let settings = [(Setting::INITIAL_WINDOW_SIZE, most)];
    let mut cafe = Cafe::open_with(Options::new().settings(settings)).await;
    let connection = most - u32::try_from(WINDOW).unwrap();
    cafe.peer.window_update(0, connection).await.unwrap();
    cafe.peer.barrier().await.unwrap();
    cafe
}

/// Whether a send goes on without the server: everything else has had its turns.
async fn is_accepted(send: &mut task::Spawn<impl Future<Output = ()>>) -> bool {
    for _ in 0..1_000 {
        if send.poll().is_ready() {
            return true;
        }
        yield_now().await;
    }
    false
}

#[tokio::test]
async fn a_server_that_does_not_even_read_bounds_what_is_accepted() {
    //
    within(async {
        let mut cafe = generous().await;
        let mut call = cafe.stub.open().chat();
        call.send_request().await.unwrap();
        let stream = cafe.peer.request().await.unwrap().stream;
        cafe.peer.stop_reading();

        let mut accepted = 0;
        while accepted < MESSAGES {
            let line = Line {
                text: text(MESSAGE),
            };
            let sending = async { call.send(line).await.unwrap() };
            if !is_accepted(&mut task::spawn(sending)).await {
                break;
            }
            accepted += 1;
        }
        let accepted_bytes = accepted * MESSAGE;
        assert!(accepted_bytes <= ON_THE_WAY, "{accepted_bytes}");

        // Once it reads, what was accepted arrives.
        cafe.peer.resume_reading();
        call.end().await.unwrap();
        let body = cafe.peer.body(stream).await.unwrap();
        assert_eq!(body.len() / MESSAGE, accepted);
    })
    .await;
}
