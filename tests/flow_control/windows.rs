//! How far a server may run ahead of its reader: frame by frame.
//!
//! A stream starts with a small window. As it is read, the window becomes as large as 2,000 frames of the size that came,
//! and what is read is told when it is a quarter of that.

use std::task::Poll;

use bytes::Bytes;
use prost::Message;
use tokio_test::{assert_pending, task};
use ziggurat::{Streaming, channel::Http2Options};
use ziggurat_examples::cafe::{Coffee, Filter, LatteOrder, Order};
use ziggurat_testing::peer::{Connection, Options, RawFrame, Reason, Setting, grpc_message};

use crate::cafe::{Cafe, INITIAL_WINDOW, STREAM_WINDOW, answer_headers, end, padded, within};

/// As many frames of the size seen may be outstanding.
const FRAMES: i64 = 2_000;

/// A server stream, and its number.
async fn watch(cafe: &mut Cafe) -> (Streaming<Order>, u32) {
    tokio::join!(
        async { cafe.stub.watch(Filter::default()).await.unwrap() },
        answer_headers(&mut cafe.peer)
    )
}

/// A stream of messages without an end.
struct Messages {
    message: Bytes,
    /// How large a frame is.
    frame: usize,
    /// How much of the next message was sent.
    sent: usize,
}

impl Messages {
    /// Each is sent in a frame of its own, or in several of 16 KiB.
    fn of(bytes: usize) -> Self {
        let message = Bytes::from(grpc_message(padded(0, bytes).encode_to_vec()));
        let frame = message.len().min(16 * 1024);
        let sent = 0;
        Self {
            message,
            frame,
            sent,
        }
    }

    /// Empty ones.
    fn empty() -> Self {
        let message = Bytes::from(grpc_message([]));
        let (frame, sent) = (message.len(), 0);
        Self {
            message,
            frame,
            sent,
        }
    }

    /// Sends all that the window lets through, cut where it ends; tells how many frames that were.
    async fn fill(&mut self, peer: &mut Connection, stream: u32) -> i64 {
        let mut window = usize::try_from(peer.peer_may_send(stream)).unwrap();
        let mut frames = Vec::new();
        while window > 0 {
            let end = self.message.len().min(self.sent + self.frame.min(window));
            let piece = self.message.slice(self.sent..end);
            window -= piece.len();
            self.sent = end % self.message.len();
            frames.push(RawFrame::data(stream, piece));
        }
        let count = i64::try_from(frames.len()).unwrap();
        peer.frames(frames).await.unwrap();
        peer.barrier().await.unwrap();
        assert_eq!(peer.peer_may_send(stream), 0);
        count
    }
}

/// Reads all there is, and waits for more.
fn read_all(orders: &mut Streaming<Order>) {
    loop {
        // What was read of a message is kept (B-26).
        match task::spawn(orders.recv()).poll() {
            Poll::Ready(order) => assert!(order.unwrap().is_some()),
            Poll::Pending => return,
        }
    }
}

/// Fills the window and reads it so many times; returns the largest that was left by then.
async fn flow(
    cafe: &mut Cafe,
    (orders, stream): (&mut Streaming<Order>, u32),
    messages: &mut Messages,
    times: usize,
) -> i64 {
    let mut largest = 0;
    for _ in 0..times {
        let frames = messages.fill(&mut cafe.peer, stream).await;
        // The first and the last may be cut.
        let small = INITIAL_WINDOW / i64::try_from(messages.frame).unwrap() + 2;
        assert!(frames <= FRAMES.max(small), "{frames} outstanding");
        read_all(orders);
        cafe.peer.barrier().await.unwrap();
        largest = largest.max(cafe.peer.peer_may_send(stream));
    }
    largest
}

/// Whether nothing is missing that is worth telling.
fn nearly(window: i64, size: i64) -> bool {
    (size * 3 / 4..=size).contains(&window)
}

#[tokio::test]
async fn large_frames_get_the_whole_window_once_some_were_read() {
    // A-120, T-16
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut orders, stream) = watch(&mut cafe).await;
        assert_eq!(cafe.peer.peer_may_send(stream), INITIAL_WINDOW);
        let mut messages = Messages::of(3 * 1024 * 1024);
        for times in [1, 3] {
            let window = flow(&mut cafe, (&mut orders, stream), &mut messages, times).await;
            assert!(nearly(window, STREAM_WINDOW), "{window}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_small_frames_no_more_than_two_thousand_are_outstanding() {
    // T-16
    within(async {
        for (bytes, window) in [(1, 0), (100, FRAMES * 109), (380, FRAMES * 390)] {
            let mut cafe = Cafe::open().await;
            let (mut orders, stream) = watch(&mut cafe).await;
            let mut messages = Messages::of(bytes);
            let window = window.max(INITIAL_WINDOW);
            let largest = flow(&mut cafe, (&mut orders, stream), &mut messages, 8).await;
            assert!(nearly(largest, window), "{largest} of {window}");
        }
        let mut cafe = Cafe::open().await;
        let (mut orders, stream) = watch(&mut cafe).await;
        let largest = flow(&mut cafe, (&mut orders, stream), &mut Messages::empty(), 4).await;
        assert!(nearly(largest, INITIAL_WINDOW), "{largest}");
    })
    .await;
}

#[tokio::test]
async fn what_a_method_came_to_its_next_streams_start_with() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut orders, stream) = watch(&mut cafe).await;
        let mut large = Messages::of(3 * 1024 * 1024);
        flow(&mut cafe, (&mut orders, stream), &mut large, 1).await;
        drop(orders);

        let (mut orders, stream) = watch(&mut cafe).await;
        cafe.peer.barrier().await.unwrap();
        assert_eq!(cafe.peer.peer_may_send(stream), STREAM_WINDOW);

        // Another method starts as it did.
        let call = cafe.stub.make_latte(LatteOrder::default()).send();
        let serve = async {
            let stream = cafe.peer.request().await.unwrap().stream;
            cafe.peer.barrier().await.unwrap();
            assert_eq!(cafe.peer.peer_may_send(stream), INITIAL_WINDOW);
            let coffee = Coffee::default().encode_to_vec();
            cafe.peer.respond_ok(stream, [coffee]).await.unwrap();
        };
        let (told, ()) = tokio::join!(call, serve);
        told.unwrap();

        // With small frames it is over, for this stream and the next.
        let mut small = Messages::of(50);
        small.fill(&mut cafe.peer, stream).await;
        read_all(&mut orders);
        cafe.peer.barrier().await.unwrap();
        assert!(cafe.peer.peer_may_send(stream) <= FRAMES * 60);
        let (_orders, stream) = watch(&mut cafe).await;
        cafe.peer.barrier().await.unwrap();
        assert!(cafe.peer.peer_may_send(stream) <= FRAMES * 60);
    })
    .await;
}

#[tokio::test]
async fn a_small_window_that_was_set_is_told_as_it_is() {
    //
    within(async {
        for set in [65_535, 100_000, 256 * 1024] {
            let http2 = Http2Options::new().stream_window(set).unwrap();
            let mut cafe = Cafe::open_both_with(http2, Options::new()).await;
            let (mut orders, stream) = watch(&mut cafe).await;
            assert_eq!(cafe.peer.peer_may_send(stream), i64::from(set));
            for mut messages in [Messages::of(3 * 1024 * 1024), Messages::of(50)] {
                messages.fill(&mut cafe.peer, stream).await;
                read_all(&mut orders);
                cafe.peer.barrier().await.unwrap();
                let window = cafe.peer.peer_may_send(stream);
                assert!((1..=set.into()).contains(&window), "{window} of {set}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_set_is_the_most_a_window_becomes() {
    //
    within(async {
        for set in [256 * 1024 + 1, 8 << 20] {
            let http2 = Http2Options::new().stream_window(set).unwrap();
            let mut cafe = Cafe::open_both_with(http2, Options::new()).await;
            let (mut orders, stream) = watch(&mut cafe).await;
            let mut messages = Messages::of(3 * 1024 * 1024);
            let window = flow(&mut cafe, (&mut orders, stream), &mut messages, 2).await;
            assert!(nearly(window, set.into()), "{window} of {set}");
        }
    })
    .await;
}

#[tokio::test]
async fn four_unread_streams_hold_an_initial_window_each_and_stop_nobody() {
    // A-120, L-14, L-25
    within(async {
        let mut cafe = Cafe::open().await;
        let mut unread = Vec::new();
        for _ in 0..4 {
            let (orders, stream) = watch(&mut cafe).await;
            Messages::of(1024 * 1024).fill(&mut cafe.peer, stream).await;
            unread.push((orders, stream));
        }
        cafe.serves_another().await;
        for (_, stream) in &unread {
            assert_eq!(cafe.peer.peer_may_send(*stream), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_was_given_up_is_told_no_window() {
    // B-20
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut orders, stream) = watch(&mut cafe).await;
        let message = padded(1, 8_000).encode_to_vec();
        for _ in 0..3 {
            cafe.peer.message(stream, &message).await.unwrap();
        }
        let left = cafe.peer.peer_may_send(stream);
        cafe.peer.barrier().await.unwrap();
        // In one poll: the driver has a window to tell and a stream to reset.
        read_all(&mut orders);
        drop(orders);
        assert_eq!(cafe.peer.reset_of(stream).await.unwrap(), Reason::CANCEL);
        cafe.peer.barrier().await.unwrap();
        assert_eq!(cafe.peer.peer_may_send(stream), left);
    })
    .await;
}

#[tokio::test]
async fn windows_reach_the_stream_they_are_for_past_calls_that_never_left() {
    // L-21
    within(async {
        let one = [(Setting::MAX_CONCURRENT_STREAMS, 1)];
        let mut cafe = Cafe::open_with(Options::new().settings(one)).await;
        let (first, first_stream) = watch(&mut cafe).await;
        for _ in 0..3 {
            // It waits for a stream, and gives up.
            let mut waits = task::spawn(cafe.stub.make_latte(LatteOrder::default()).send());
            assert_pending!(waits.poll());
            cafe.peer.barrier().await.unwrap();
        }
        end(&cafe.peer, first_stream).await;
        drop(first);
        let (mut orders, stream) = watch(&mut cafe).await;
        let mut messages = Messages::of(3 * 1024 * 1024);
        let window = flow(&mut cafe, (&mut orders, stream), &mut messages, 1).await;
        assert!(nearly(window, STREAM_WINDOW), "{window}");
    })
    .await;
}

#[tokio::test]
async fn padding_is_given_back() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let (mut orders, stream) = watch(&mut cafe).await;
        let message = grpc_message(padded(0, 100).encode_to_vec());
        // Twice the initial window, most of which nobody reads.
        for _ in 0..400 {
            cafe.peer.wait_to_send(stream, 500).await.unwrap();
            let frame = RawFrame::data(stream, message.clone()).padded(200);
            cafe.peer.frames([frame]).await.unwrap();
            assert!(orders.recv().await.unwrap().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_sends_more_than_it_was_given_ends_its_stream() {
    //
    within(async {
        let mut cafe = Cafe::open().await;
        let (orders, stream) = watch(&mut cafe).await;
        let frame = RawFrame::data(stream, vec![0; 16 * 1024]);
        // h2's own window is four times the largest of ours.
        let frames = usize::try_from(STREAM_WINDOW * 4).unwrap() / (16 * 1024);
        cafe.peer
            .frames(std::iter::repeat_n(frame, frames + 1))
            .await
            .unwrap();
        let reason = cafe.peer.reset_of(stream).await.unwrap();
        assert_eq!(reason, Reason::FLOW_CONTROL_ERROR);
        cafe.serves_another().await;
        drop(orders);
    })
    .await;
}
