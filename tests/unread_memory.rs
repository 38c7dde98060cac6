//! What unread streams hold in memory, however small the frames are that they come in, and what is left of them.
//!
//! Measured on the client's thread, with all that its connection allocates; the server is on another. The streams come
//! in turn, or beside one that is read, so that frames do not become one where they are read.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

/// The default window of a stream.
const WINDOW: usize = 2 * 1024 * 1024;
/// The smallest one that can be set. It is told as it is, from the first byte on.
const SMALL: usize = 65_535;
/// How many times the default window an unread stream costs at most. What is promised is eight.
const TIMES: usize = 3;
/// The same of the small one: that is what is promised.
const TIMES_OF_SMALL: usize = 8;
/// What a connection keeps of each when it is gone: the table of its frames, which has been as large.
const KEPT: i64 = 192 * 1024;

use std::{iter::repeat_n, sync::mpsc, thread};

use allocation_counter::measure;
use futures_util::future::join_all;
use prost::Message;
use tokio::runtime::{Builder, Runtime};
use ziggurat::{Channel, channel::Http2Options};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, Filter, LatteOrder, Order};
use ziggurat_testing::peer::{Connection, Peer, RawFrame, grpc_message};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// What a server sends in turn: a frame of each unread stream, and a message of the one that is read.
#[derive(Clone, Copy, Debug)]
struct Mix {
    /// The window of a stream, which is filled.
    window: usize,
    streams: usize,
    frame: usize,
    beside: usize,
}

/// A frame for each of them in turn, until the windows are full.
async fn fill(peer: &mut Connection, mix: Mix, unread: &[u32], read: u32) {
    let order = Order {
        padding: vec![0; mix.beside],
        ..Order::default()
    };
    let beside = RawFrame::data(read, grpc_message(order.encode_to_vec()));
    let beside = repeat_n(beside, usize::from(mix.beside > 0));
    // It is not read, so it need not be a message.
    let frames = unread
        .iter()
        .map(|id| RawFrame::data(*id, vec![0; mix.frame]));
    let round: Vec<_> = frames.chain(beside).collect();
    let mut left = mix.window / mix.frame;
    // No more at once than the one that is read has room for.
    let most = ((mix.window / 8).min(64 * 1024) / (mix.frame + mix.beside)).max(1);
    while left > 0 {
        let rounds = left.min(most);
        left -= rounds;
        let frames = repeat_n(&round, rounds).flatten().cloned();
        peer.frames(frames).await.unwrap();
        peer.barrier().await.unwrap();
    }
}

/// Serves one client on a thread of its own; gives its target.
fn serve(mix: Mix) -> String {
    let (sender, url) = mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let peer = Peer::bind().await.unwrap();
            sender.send(peer.url().unwrap()).unwrap();
            let mut peer = peer.accept().await.unwrap();
            let mut unread = Vec::new();
            for _ in 0..=mix.streams {
                let stream = peer.request().await.unwrap().stream;
                peer.grpc_headers(stream).await.unwrap();
                unread.push(stream);
            }
            let read = unread.remove(0);
            answer(&mut peer).await;
            fill(&mut peer, mix, &unread, read).await;
            peer.trailers(read, [("grpc-status", "0")]).await.unwrap();
            answer(&mut peer).await;
            answer(&mut peer).await;
        });
    });
    url.recv().unwrap()
}

async fn answer(peer: &mut Connection) {
    let stream = peer.request().await.unwrap().stream;
    let coffee = Coffee::default().encode_to_vec();
    peer.respond_ok(stream, [coffee]).await.unwrap();
}

/// The bytes that are held while nobody reads, those that were held at most, and those that are kept when all is over.
fn held(mix: Mix) -> (i64, u64, i64) {
    let runtime = runtime();
    let window = u32::try_from(mix.window).unwrap();
    let http2 = Http2Options::new().stream_window(window).unwrap();
    let channel = Channel::builder(&serve(mix)).unwrap().http2(http2);
    let cafe = CoffeeMachineStub::new(channel.connect_lazy());
    let latte = async || cafe.make_latte(LatteOrder::default()).await.unwrap();
    let (mut read, mut unread) = runtime.block_on(async {
        let streams = join_all((0..=mix.streams).map(|_| cafe.watch(Filter::default())));
        let mut streams = streams.await.into_iter().map(Result::unwrap);
        let read = streams.next().unwrap();
        let unread: Vec<_> = streams.collect();
        latte().await;
        (read, unread)
    });
    let filled = measure(|| {
        runtime.block_on(async {
            // The server answers when it has sent everything.
            let drain = async { while read.recv().await.unwrap().is_some() {} };
            tokio::join!(drain, latte());
        });
    });
    let over = measure(|| {
        unread.clear();
        runtime.block_on(latte());
    });
    let held = filled.bytes_current;
    (held, filled.bytes_max, held + over.bytes_current)
}

/// Shows that no mix costs more than so many times its windows, nor leaves more than h2's tables.
fn assert_bounded(window: usize, times: usize) {
    for (streams, frame, beside) in MIXES {
        let mix = Mix {
            window,
            streams,
            frame,
            beside,
        };
        let (held, most, kept) = held(mix);
        let most = usize::try_from(most).unwrap();
        let windows = streams * window;
        println!("{mix:?}: held {held}, at most {most} of {windows} bytes; kept {kept}");
        assert!(most <= times * windows, "{mix:?}: {most} bytes");
        let tables = KEPT * i64::try_from(streams).unwrap();
        assert!(kept <= tables, "{mix:?}: {kept} bytes");
    }
}

/// Streams that are unread, bytes in a frame of theirs, and bytes in a frame of the stream beside them that is read.
const MIXES: [(usize, usize, usize); 11] = [
    (1, 1, 0),
    (2, 1, 0),
    (2, 5, 0),
    (4, 21, 0),
    (2, 128, 0),
    (1, 1000, 7000),
    (1, 1000, 9000),
    (1, 1000, 17_000),
    (1, 1000, 30_000),
    (1, 100, 500),
    (1, 100, 7000),
];

#[test]
fn streams_hold_what_their_windows_allow_and_leave_nothing() {
    //
    assert_bounded(WINDOW, TIMES);
}

#[test]
fn streams_of_small_windows_hold_eight_of_them_at_most() {
    //
    assert_bounded(SMALL, TIMES_OF_SMALL);
}
