//! What `send` promises: what it accepted arrives once and in order, and it accepts only so much.

use std::task::Poll;

use bytes::{Buf, Bytes};
use prost::Message;
use tokio_test::task;
use ziggurat::{
    Status,
    open::{Bidi, Sender},
};
use ziggurat_examples::cafe::Line;
use ziggurat_testing::peer::{Connection, Control, Options, Setting};

use crate::cafe::{Cafe, answer, line, take, within};

/// xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What has a `send`.
trait Sends {
    async fn send(&mut self, line: Line) -> Result<(), Status>;
}

impl Sends for Bidi<Line, Line> {
    async fn send(&mut self, line: Line) -> Result<(), Status> {
        Self::send(self, line).await
    }
}

impl Sends for Sender<Line> {
    async fn send(&mut self, line: Line) -> Result<(), Status> {
        Self::send(self, line).await
    }
}

/// A line of its own: a number, and some padding.
fn numbered(number: u32, random: &mut Random) -> Line {
    let padding = usize::try_from(random.below(3_000)).unwrap();
    Line {
        text: format!("{number}:{}", ".".repeat(padding)),
    }
}

/// Sends many lines, dropping sends after a random number of polls, and gives those that were accepted.
async fn send_and_drop(call: &mut impl Sends, random: &mut Random) -> Vec<Line> {
    let mut accepted = Vec::new();
    let mut dropped = 0;
    for number in 0.. {
        let line = numbered(number, random);
        let mut send = task::spawn(call.send(line.clone()));
        let mut patience = random.below(4);
        loop {
            if let Poll::Ready(sent) = send.poll() {
                sent.unwrap();
                accepted.push(line);
                break;
            }
            if patience == 0 {
                dropped += 1;
                break;
            }
            patience -= 1;
            tokio::task::yield_now().await;
        }
        if accepted.len() == 500 {
            break;
        }
    }
    assert!(dropped > 100, "only {dropped} sends were dropped");
    accepted
}

/// The lines of a request.
fn lines(mut body: Bytes) -> Vec<Line> {
    let mut lines = Vec::new();
    while body.has_remaining() {
        assert_eq!(body.get_u8(), 0);
        let length = usize::try_from(body.get_u32()).unwrap();
        lines.push(Line::decode(body.split_to(length)).unwrap());
    }
    lines
}

/// A server that reads slowly: the window is small, and opens as it is used.
async fn slow() -> Cafe {
    let options = Options::new()
        .settings([(Setting::INITIAL_WINDOW_SIZE, 1_000)])
        .windows(Control::Automatic);
    Cafe::open_with(options).await
}

#[tokio::test]
async fn dropped_sends_lose_and_double_nothing() {
    within(async {
        for seed in 1..=4 {
            let mut random = Random(seed << 32 | 0x5eed);
            let mut cafe = slow().await;
            let mut call = cafe.stub.open().chat();
            call.send_request().await.unwrap();
            let accepted = send_and_drop(&mut call, &mut random).await;
            call.end().await.unwrap();
            take(&mut cafe.peer).await;
            assert!(lines(cafe.peer.body(1).await.unwrap()) == accepted); // B-26
        }
    })
    .await;
}

#[tokio::test]
async fn dropped_sends_of_a_half_lose_and_double_nothing() {
    within(async {
        let mut random = Random(0x5eed);
        let mut cafe = slow().await;
        let (mut sender, _answers) = cafe.stub.open().chat().split().await.unwrap();
        let accepted = send_and_drop(&mut sender, &mut random).await;
        sender.end().unwrap();
        take(&mut cafe.peer).await;
        assert!(lines(cafe.peer.body(1).await.unwrap()) == accepted); // B-26
    })
    .await;
}

#[tokio::test]
async fn the_first_message_is_accepted_at_once() {
    within(async {
        let cafe = Cafe::open().await;
        let mut call = cafe.stub.open().chat();
        let mut first = task::spawn(call.send(Line { text: "a".into() }));
        // It waits for the request to leave, not for room.
        assert!(first.poll().is_pending());
        drop(first);
        call.send_last(Line { text: "b".into() }).await.unwrap();
        let sent = lines(cafe.peer.body(1).await.unwrap());
        assert_eq!(sent, [Line { text: "a".into() }, Line { text: "b".into() }]);
    })
    .await;
}

#[tokio::test]
async fn a_last_message_that_was_dropped_is_not_the_last() {
    within(async {
        let cafe = slow().await;
        let mut call = cafe.stub.open().chat();
        let big = Line {
            text: "x".repeat(20_000),
        };
        call.send(big.clone()).await.unwrap();
        call.send(big.clone()).await.unwrap();
        assert!(task::spawn(call.send_last(line())).poll().is_pending());
        call.send_last(big.clone()).await.unwrap();
        let sent = lines(cafe.peer.body(1).await.unwrap());
        assert!(sent == [big.clone(), big.clone(), big]);
    })
    .await;
}

/// How many bytes of messages of this size are accepted against a server that grants nothing.
async fn accepted(size: usize, script: impl AsyncFnOnce(&mut Connection)) -> usize {
    let mut cafe = Cafe::open().await;
    let mut call = cafe.stub.open().chat();
    call.send_request().await.unwrap();
    script(&mut cafe.peer).await;
    let message = Line {
        text: "x".repeat(size),
    };
    let mut accepted = 0;
    loop {
        let mut send = task::spawn(call.send(message.clone()));
        if send.poll().is_pending() {
            // Only the connection makes room, and after this it has done what it can.
            cafe.peer.barrier().await.unwrap();
            if send.poll().is_pending() {
                return accepted;
            }
        }
        accepted += size;
    }
}

#[tokio::test]
async fn a_server_that_never_reads_bounds_what_is_accepted() {
    //
    within(async {
        for size in [10, 1_000, 100_000] {
            let before_headers = accepted(size, take).await;
            let after_headers = accepted(size, answer).await;
            assert!(before_headers <= 300_000, "{before_headers}");
            assert!(after_headers <= 300_000, "{after_headers}");
        }
    })
    .await;
}
