//! Servers that send each message of 16 bytes in a DATA frame of its own, to clients that do not read.
//!
//! h2 ends a connection on which too many small frames wait, with all its calls; hyper loses its connection so. Here
//! frames of one stream that come together are one frame to h2, and once many wait for one reader the rest are
//! gathered, also if they come from each stream in turn. So h2 keeps little more than the streams' windows.
//!
//! Frames with padding cannot be gathered: of these a stream may have so many, then it ends.

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use prost::Message;
use ziggurat::{Code, channel::Http2Options};
use ziggurat_examples::cafe::{Coffee, Filter, LatteOrder, Order};
use ziggurat_testing::peer::{
    Connection, Frame, Options, Peer, PeerError, RawFrame, Reason, Setting, grpc_message,
};

use crate::cafe::{Cafe, answer_headers, end, padded, within};

const STREAMS: usize = 8;
const CALLS: usize = 200;

/// A DATA frame: the prefix of a message, and sixteen bytes.
const FRAME: i64 = 5 + 16;

/// How many such frames fill the window of a stream that nobody reads.
const FRAMES_OF_A_WINDOW: usize = 2 * 1024 * 1024 / 21;

/// The server streams, and for each call beside them what it may send of each of them.
struct Flood {
    streams: Vec<u32>,
    message: Bytes,
}

impl Flood {
    /// Takes the requests of all streams and answers them with headers.
    async fn begin(peer: &mut Connection) -> Self {
        let mut streams = Vec::new();
        for _ in 0..STREAMS {
            let stream = peer.request().await.unwrap().stream;
            peer.grpc_headers(stream).await.unwrap();
            streams.push(stream);
        }
        let order = Order {
            name: "fourteen bytes".into(),
            ..Order::default()
        };
        let message = Bytes::from(grpc_message(order.encode_to_vec()));
        assert_eq!(i64::try_from(message.len()).unwrap(), FRAME);
        Self { streams, message }
    }

    /// Sends every stream so many messages, or as many as its window lets through.
    async fn go_on(&self, peer: &Connection, messages: usize) -> Result<(), PeerError> {
        for &stream in &self.streams {
            let window = usize::try_from(peer.peer_may_send(stream) / FRAME).unwrap_or(0);
            let frame = RawFrame::data(stream, self.message.clone());
            let frames = std::iter::repeat_n(frame, messages.min(window));
            peer.frames(frames).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn unread_streams_of_small_messages_leave_the_connection_alone() {
    // T-16, L-14
    within(async {
        let mut cafe = Cafe::open().await;
        let started = join_all((0..STREAMS).map(|_| cafe.stub.watch(Filter::default())));
        let (unread, flood) = tokio::join!(started, Flood::begin(&mut cafe.peer));

        for _ in 0..CALLS {
            let call = cafe.stub.make_latte(LatteOrder::default()).send();
            let serve = async {
                let messages = FRAMES_OF_A_WINDOW.div_ceil(CALLS);
                flood.go_on(&cafe.peer, messages).await.unwrap();
                let stream = cafe.peer.request().await.unwrap().stream;
                let coffee = Coffee::default().encode_to_vec();
                cafe.peer.respond_ok(stream, [coffee]).await.unwrap();
            };
            let (told, ()) = tokio::join!(call, serve);
            told.unwrap();
        }

        // All windows are used up, and the streams still there.
        cafe.peer.barrier().await.unwrap();
        for stream in flood.streams {
            assert!(cafe.peer.peer_may_send(stream) < FRAME);
        }
        for mut orders in unread.into_iter().map(Result::unwrap) {
            assert!(orders.recv().await.unwrap().is_some());
        }
    })
    .await;
}

/// Sends each stream 1,500 messages in turn: half of five megabytes is 11,155 times 235, and eight times 1,500 is more.
async fn send_in_turn(flood: &Flood, peer: &Connection) {
    let round = flood
        .streams
        .iter()
        .map(|stream| RawFrame::data(*stream, flood.message.clone()));
    let frames: Vec<_> = std::iter::repeat_n(round, 1_500).flatten().collect();
    // Writing may fail once the client is gone.
    peer.frames(frames).await.ok();
}

#[tokio::test]
async fn with_hypers_window_too_the_connection_is_not_lost() {
    //
    within(async {
        let hypers = Http2Options::new().connection_window(5 * 1024 * 1024);
        let mut cafe = Cafe::open_both_with(hypers.unwrap(), Options::new()).await;
        let started = join_all((0..STREAMS).map(|_| cafe.stub.watch(Filter::default())));
        let (unread, flood) = tokio::join!(started, Flood::begin(&mut cafe.peer));
        send_in_turn(&flood, &cafe.peer).await;
        cafe.serves_another().await;
        drop(unread);
    })
    .await;
}

/// hyper as it comes: five megabytes for the connection, two for a stream.
#[tokio::test]
async fn the_same_streams_cost_hyper_its_connection() {
    within(async {
        let peer = Peer::bind().await.unwrap();
        let url = format!("{}/cafe.v1.CoffeeMachine/Watch", peer.url().unwrap());
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http::<Full<Bytes>>();
        let request = || http::Request::post(&url).body(Full::default()).unwrap();
        let calls = join_all((0..STREAMS).map(|_| client.request(request())));
        let serve = async {
            let mut connection = peer.accept().await.unwrap();
            let flood = Flood::begin(&mut connection).await;
            (connection, flood)
        };
        let (unread, (mut connection, flood)) = tokio::join!(calls, serve);
        send_in_turn(&flood, &connection).await;
        let calm = Frame::GoAway {
            last_stream: 0,
            reason: Reason::ENHANCE_YOUR_CALM,
            debug: "too_many_data_frames".into(),
        };
        connection.wait_for(|frame| *frame == calm).await.unwrap();
        drop(unread);
    })
    .await;
}

/// The limit of frames for a window of 2 MiB: eight times the window, at twice 256 bytes for each.
const KEPT: usize = 32_768;

#[tokio::test]
async fn a_stream_that_costs_more_than_its_window_allows_is_ended_alone() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let (unread, stream) = tokio::join!(
            cafe.stub.watch(Filter::default()),
            answer_headers(&mut cafe.peer)
        );
        let mut unread = unread.unwrap();
        // With padding no two become one.
        let frame = RawFrame::data(stream, grpc_message("")[..1].to_vec()).padded(0);
        let frames = std::iter::repeat_n(frame, 2 * KEPT);
        cafe.peer.frames(frames).await.unwrap();
        cafe.serves_another().await;
        let status = unread.recv().await.unwrap_err();
        assert_eq!(cafe.peer.reset_of(stream).await.unwrap(), Reason::CANCEL);
        assert_eq!(status.code(), Code::ResourceExhausted);
        let why = " waited to be read: its server pads frames that are too small for what a stream may cost";
        let text = status.message();
        assert!(text.starts_with("more than 32768 DATA frames of an answer from http://"), "{text}");
        assert!(text.ends_with(why), "{text}");
    })
    .await;
}

/// Sends streams in turn messages of one size, as many as their windows let through, and tells how many that was.
async fn fill(peer: &Connection, streams: &[u32], size: usize) -> usize {
    let order = Order {
        name: "x".repeat(size),
        ..Order::default()
    };
    let message = Bytes::from(grpc_message(order.encode_to_vec()));
    let window = streams
        .iter()
        .map(|stream| peer.peer_may_send(*stream))
        .min();
    let count = usize::try_from(window.unwrap()).unwrap() / message.len();
    let round = streams
        .iter()
        .map(|stream| RawFrame::data(*stream, message.clone()));
    let frames: Vec<_> = std::iter::repeat_n(round, count).flatten().collect();
    for some in frames.chunks(4096) {
        peer.frames(some.iter().cloned()).await.unwrap();
    }
    count
}

#[tokio::test]
async fn a_slow_reader_of_small_messages_gets_them_all() {
    //
    within(async {
        for size in [0, 1, 14, 300] {
            let mut cafe = Cafe::open().await;
            let started = join_all((0..2).map(|_| cafe.stub.watch(Filter::default())));
            let serve = async {
                let first = answer_headers(&mut cafe.peer).await;
                [first, answer_headers(&mut cafe.peer).await]
            };
            let (unread, streams) = tokio::join!(started, serve);
            let count = fill(&cafe.peer, &streams, size).await;
            cafe.serves_another().await;
            let mut unread: Vec<_> = unread.into_iter().map(Result::unwrap).collect();
            // One is read while nothing more comes, the other to its end.
            for _ in 0..count {
                assert_eq!(unread[0].recv().await.unwrap().unwrap().name.len(), size);
            }
            end(&cafe.peer, streams[1]).await;
            for _ in 0..count {
                assert_eq!(unread[1].recv().await.unwrap().unwrap().name.len(), size);
            }
            assert!(unread[1].recv().await.unwrap().is_none());
            // And what comes after all that comes at once.
            cafe.peer
                .message(streams[0], Order::default().encode_to_vec())
                .await
                .unwrap();
            assert!(unread[0].recv().await.unwrap().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_is_behind_has_what_came_before_the_connection_was_lost() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let started = join_all((0..2).map(|_| cafe.stub.watch(Filter::default())));
        let serve = async {
            let first = answer_headers(&mut cafe.peer).await;
            [first, answer_headers(&mut cafe.peer).await]
        };
        let (mut unread, streams) = tokio::join!(started, serve);
        let count = fill(&cafe.peer, &streams, 1000).await;
        cafe.peer.barrier().await.unwrap();
        drop(cafe.peer);
        let orders = unread[1].as_mut().unwrap();
        for _ in 0..count {
            assert!(orders.recv().await.unwrap().is_some());
        }
        assert_eq!(orders.recv().await.unwrap_err().code(), Code::Unavailable);
    })
    .await;
}

#[tokio::test]
async fn bytes_in_frames_of_their_own_arrive_together() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let (unread, stream) = tokio::join!(
            cafe.stub.watch(Filter::default()),
            answer_headers(&mut cafe.peer)
        );
        // More frames than are kept, one by one; nobody reads.
        let message = Bytes::from(grpc_message(padded(1, 4 * KEPT).encode_to_vec()));
        let bytes = message
            .chunks(1)
            .map(|byte| RawFrame::data(stream, byte.to_vec()));
        cafe.peer.frames(bytes).await.unwrap();
        end(&cafe.peer, stream).await;
        cafe.serves_another().await;
        let order = unread.unwrap().recv().await.unwrap().unwrap();
        assert_eq!(order.padding.len(), 4 * KEPT);
    })
    .await;
}

/// Gives a call to its connection and drops it before the connection has looked at it.
fn drop_at_once(cafe: &Cafe) {
    let call = cafe.stub.make_latte(LatteOrder::default()).send();
    let mut call = tokio_test::task::spawn(call);
    assert!(call.poll().is_pending());
}

#[tokio::test]
async fn it_is_its_own_stream_whatever_became_of_the_calls_before() {
    //
    within(async {
        let limit = Options::new().settings([(Setting::MAX_CONCURRENT_STREAMS, 2)]);
        let mut cafe = Cafe::open_with(limit).await;
        let answer = async |peer: &mut Connection| {
            let stream = peer.request().await.unwrap().stream;
            let coffee = Coffee::default().encode_to_vec();
            peer.respond_ok(stream, [coffee]).await.unwrap();
        };
        drop_at_once(&cafe);
        let call = cafe.stub.make_latte(LatteOrder::default()).send();
        let serve = async {
            let refused = cafe.peer.request().await.unwrap().stream;
            let reset = RawFrame::reset(refused, Reason::REFUSED_STREAM);
            cafe.peer.frame(reset).await.unwrap();
            answer(&mut cafe.peer).await;
        };
        let (told, ()) = tokio::join!(call, serve);
        told.unwrap();

        // Of five that want two streams, one leaves while it waits.
        let calls = (0..4).map(|_| cafe.stub.make_latte(LatteOrder::default()).send());
        let mut leaves = tokio_test::task::spawn(join_all(calls));
        assert!(leaves.poll().is_pending());
        drop_at_once(&cafe);
        let serve = async {
            for _ in 0..4 {
                answer(&mut cafe.peer).await;
            }
        };
        let (told, ()) = tokio::join!(leaves, serve);
        assert!(told.into_iter().all(|told| told.is_ok()));
        drop_at_once(&cafe);

        let started = join_all((0..2).map(|_| cafe.stub.watch(Filter::default())));
        let serve = async {
            let first = answer_headers(&mut cafe.peer).await;
            [first, answer_headers(&mut cafe.peer).await]
        };
        let (mut unread, streams) = tokio::join!(started, serve);
        let mut second = unread.pop().unwrap().unwrap();
        let mut first = unread.pop().unwrap().unwrap();
        let frame = RawFrame::data(streams[0], vec![0]).padded(0);
        let frames = std::iter::repeat_n(frame, KEPT + 1);
        cafe.peer.frames(frames).await.unwrap();
        let order = Order::default().encode_to_vec();
        cafe.peer.message(streams[1], order).await.unwrap();
        assert!(second.recv().await.unwrap().is_some());
        let status = first.recv().await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        end(&cafe.peer, streams[1]).await;
        assert!(second.recv().await.unwrap().is_none());
    })
    .await;
}
