//! What reaches the stream, write by write.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, ErrorKind, IoSlice},
    mem,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use ziggurat_connect::error::find;

use super::{Failed, FrameLimits, Io, News, Reads, Unread};
use crate::error::Violation;

/// A stream that takes what a test allows, and keeps a list of it.
#[derive(Clone, Debug, Default)]
struct Script(Arc<Mutex<Steps>>);

#[derive(Debug, Default)]
struct Steps {
    /// What the next writes come to; after them, everything is taken.
    answers: VecDeque<Poll<io::Result<usize>>>,
    writes: Vec<Vec<u8>>,
    /// What has come, and was not read.
    arrived: VecDeque<u8>,
    /// How much room each read had.
    rooms: Vec<usize>,
    /// Whether nothing more is to be read.
    is_over: bool,
    /// What was done in which order.
    log: Vec<&'static str>,
}

impl Script {
    fn answer(&self, answer: Poll<io::Result<usize>>) {
        self.0.lock().unwrap().answers.push_back(answer);
    }

    fn end(&self) {
        self.0.lock().unwrap().is_over = true;
    }

    fn arrive(&self, bytes: &[u8]) {
        self.0.lock().unwrap().arrived.extend(bytes);
    }

    /// How much room the reads had since this was asked last.
    fn rooms(&self) -> Vec<usize> {
        mem::take(&mut self.0.lock().unwrap().rooms)
    }

    fn writes(&self) -> Vec<usize> {
        self.0.lock().unwrap().writes.iter().map(Vec::len).collect()
    }

    fn written(&self) -> Vec<u8> {
        self.0.lock().unwrap().writes.concat()
    }

    fn log(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().log.clone()
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut steps = self.0.lock().unwrap();
        let mut bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let answer = steps.answers.pop_front();
        let answer = answer.unwrap_or(Poll::Ready(Ok(bytes.len())));
        let answer = answer.map_ok(|count| count.min(bytes.len()));
        if let Poll::Ready(Ok(count)) = &answer {
            bytes.truncate(*count);
            steps.writes.push(bytes);
            steps.log.push("write");
        }
        answer
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.lock().unwrap().log.push("flush");
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.lock().unwrap().log.push("shutdown");
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Script {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let steps = &mut *self.0.lock().unwrap();
        steps.rooms.push(buf.remaining());
        let count = steps.arrived.len().min(buf.remaining());
        if count == 0 && !steps.is_over {
            return Poll::Pending;
        }
        buf.put_slice(&steps.arrived.drain(..count).collect::<Vec<_>>());
        Poll::Ready(Ok(()))
    }
}

fn io() -> (Io<Script>, Script) {
    let script = Script::default();
    (Io::new(script.clone(), FrameLimits::ANY, None), script)
}

/// Writes without waiting.
fn write(io: &mut Io<Script>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    task::spawn(io.write(bytes)).poll()
}

/// What the driver does at the end of a poll.
fn flush(io: &Io<Script>) -> Poll<Result<(), Failed>> {
    io.poll_flush(&mut Context::from_waker(Waker::noop()))
}

const PENDING: Poll<io::Result<usize>> = Poll::Pending;
/// How many bytes are collected, at most.
const LIMIT: usize = 64 * 1024;

#[test]
fn small_writes_leave_together() {
    // T-14
    let (mut io, script) = io();
    for byte in 0..4 {
        assert_eq!(assert_ready_ok!(write(&mut io, &[byte; 1024])), 1024);
        // hyper's flush says nothing.
        assert_ready_ok!(task::spawn(io.flush()).poll());
    }
    assert_eq!(script.writes(), [0; 0]);
    assert_ready_ok!(flush(&io));
    assert_eq!(script.writes(), [4096]);
    assert_ready_ok!(flush(&io));
    assert_eq!(script.log(), ["write", "flush"], "nothing is left to flush");
}

#[test]
fn what_has_no_room_goes_out_behind_what_was_collected() {
    // T-14
    let (mut io, script) = io();
    assert_ready_ok!(write(&mut io, &vec![1; LIMIT - 96]));
    assert_eq!(assert_ready_ok!(write(&mut io, &[2; 97])), 97);
    assert_eq!(script.writes(), [LIMIT + 1]);
    assert_eq!(
        script.written(),
        [vec![1; LIMIT - 96], vec![2; 97]].concat()
    );
    assert_ready_ok!(flush(&io));
    assert_eq!(script.log(), ["write", "flush"]);
}

#[test]
fn writes_are_collected_to_64_kib() {
    // T-14: three DATA frames fit, the fourth goes out with them.
    let (mut io, script) = io();
    let frame = vec![7; 16 * 1024 + 9];
    for _ in 0..3 {
        assert_ready_ok!(write(&mut io, &frame));
        assert_eq!(script.writes(), [0; 0]);
    }
    assert_ready_ok!(write(&mut io, &frame));
    assert_eq!(script.writes(), [4 * frame.len()]);
    // There is room again, for small ones behind large ones too.
    assert_ready_ok!(write(&mut io, &frame));
    assert_ready_ok!(write(&mut io, &[1]));
    assert_eq!(script.writes(), [4 * frame.len()]);
    assert_ready_ok!(flush(&io));
    assert_eq!(script.writes(), [4 * frame.len(), frame.len() + 1]);
}

#[test]
fn a_stream_that_takes_nothing_makes_the_writer_wait() {
    // T-14: back pressure.
    let (mut io, script) = io();
    assert_ready_ok!(write(&mut io, &vec![1; LIMIT]));
    script.answer(PENDING);
    assert_pending!(write(&mut io, &[2; 10]));
    script.answer(PENDING);
    assert_pending!(flush(&io));
    assert_eq!(script.writes(), [0; 0]);

    // Some of what was collected leaves, then there is room again.
    script.answer(Poll::Ready(Ok(100)));
    assert_eq!(assert_ready_ok!(write(&mut io, &[2; 10])), 10);
    assert_ready_ok!(flush(&io));
    assert_eq!(script.written(), [vec![1; LIMIT], vec![2; 10]].concat());
}

#[test]
fn a_write_that_is_cut_anywhere_loses_and_repeats_nothing() {
    // T-14
    let message: Vec<u8> = (0..=255).cycle().take(LIMIT + 5000).collect();
    // The second write has no room, and goes out behind what was collected.
    for cut in (1..LIMIT + 500).step_by(997) {
        let (mut io, script) = io();
        assert_ready_ok!(write(&mut io, &message[..LIMIT - 4000]));
        script.answer(Poll::Ready(Ok(cut)));
        let mut rest = &message[LIMIT - 4000..];
        while !rest.is_empty() {
            let count = assert_ready_ok!(write(&mut io, &rest[..rest.len().min(4500)]));
            rest = &rest[count..];
        }
        script.answer(Poll::Ready(Ok(1)));
        assert_ready_ok!(flush(&io));
        assert!(script.written() == message, "cut at {cut}");
    }
}

#[test]
fn a_flush_that_fails_is_told_to_whom_reads_or_writes_next() {
    // T-15
    for reads in [true, false] {
        let (mut io, script) = io();
        assert_ready_ok!(write(&mut io, b"HEADERS"));
        script.answer(Poll::Ready(Err(ErrorKind::ConnectionReset.into())));
        assert!(matches!(flush(&io), Poll::Ready(Err(Failed))));
        let told = if reads {
            task::spawn(io.read(&mut [0])).poll()
        } else {
            write(&mut io, b"DATA")
        };
        assert_eq!(assert_ready_err!(told).kind(), ErrorKind::ConnectionReset);
        // Once.
        assert_pending!(task::spawn(io.read(&mut [0])).poll());
    }
}

#[test]
fn a_stream_that_takes_no_byte_is_an_error() {
    let (mut io, script) = io();
    assert_ready_ok!(write(&mut io, b"HEADERS"));
    script.answer(Poll::Ready(Ok(0)));
    assert!(assert_ready!(flush(&io)).is_err());
    let error = assert_ready_err!(write(&mut io, b"DATA"));
    assert_eq!(error.kind(), ErrorKind::WriteZero);
}

#[test]
fn a_shutdown_writes_what_is_left_first() {
    // T-15
    let (mut io, script) = io();
    assert_ready_ok!(write(&mut io, b"GOAWAY"));
    script.answer(PENDING);
    assert_pending!(task::spawn(io.shutdown()).poll());
    assert_ready_ok!(task::spawn(io.shutdown()).poll());
    assert_eq!(script.log(), ["write", "flush", "shutdown"]);
    assert_eq!(script.written(), b"GOAWAY");
}

#[test]
fn news_are_told_once_and_when_all_was_read() {
    // L-24
    let (near, mut far) = tokio::io::duplex(64);
    let mut io = Io::new(near, FrameLimits::ANY, None);
    assert_eq!(io.finish().news, News::None);
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    assert_ready_ok!(task::spawn(far.write_all(&settings)).poll());
    let mut read = || task::spawn(io.read(&mut [0; 64])).poll();
    assert_eq!(assert_ready_ok!(read()), 9);
    assert_eq!(io.finish().news, News::None);
    assert_pending!(task::spawn(io.read(&mut [0; 64])).poll());
    assert_eq!(io.finish().news, News::Settings);
    assert_eq!(io.finish().news, News::None);
}

#[test]
fn what_is_not_to_be_read_is_not() {
    //
    let (near, mut far) = tokio::io::duplex(64);
    let mut io = Io::new(near, FrameLimits::ANY, None);
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    assert_ready_ok!(task::spawn(far.write_all(&settings)).poll());
    io.begin(Reads::Held);
    assert_pending!(task::spawn(io.read(&mut [0; 64])).poll());
    assert_eq!(io.finish().unread, Unread::Missed);
    assert_eq!(io.finish().unread, Unread::Some);
    io.begin(Reads::Open);
    assert_ready_ok!(task::spawn(io.read(&mut [0; 64])).poll());
    assert_pending!(task::spawn(io.read(&mut [0; 64])).poll());
    io.begin(Reads::Held);
    // The stream is going to wake the reader.
    assert_pending!(task::spawn(io.read(&mut [0; 64])).poll());
    assert_eq!(io.finish().unread, Unread::None);
}

#[test]
fn what_is_left_out_is_no_end() {
    // L-22
    let (near, mut far) = tokio::io::duplex(64);
    let mut io = Io::new(near, FrameLimits::ANY, None);
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let empty = [0, 0, 0, 0, 0, 0, 0, 0, 1];
    for bytes in [&settings[..], &empty, &empty[..5]] {
        assert_ready_ok!(task::spawn(far.write_all(bytes)).poll());
        if bytes == settings {
            assert_ready_ok!(task::spawn(io.read(&mut [0; 64])).poll());
        } else {
            assert_pending!(task::spawn(io.read(&mut [0; 64])).poll());
        }
    }
    drop(far);
    let mut buf = [0; 64];
    assert_eq!(assert_ready_ok!(task::spawn(io.read(&mut buf)).poll()), 5);
    assert_eq!(assert_ready_ok!(task::spawn(io.read(&mut buf)).poll()), 0);
}

#[test]
fn what_was_collected_when_the_stream_fails_is_never_carried() {
    // C-30
    for reads in [true, false] {
        let (mut io, script) = io();
        let wire = io.wire();
        assert_ready_ok!(write(&mut io, &[1; 100]));
        assert_ready_ok!(flush(&io));
        let before = wire.taken();
        assert_ready_ok!(write(&mut io, &[2; 100]));
        assert!(!wire.never_carries(before), "it may still leave");

        if reads {
            script.end();
            assert_eq!(assert_ready_ok!(task::spawn(io.read(&mut [0])).poll()), 0);
        } else {
            script.answer(Poll::Ready(Err(ErrorKind::ConnectionReset.into())));
            assert!(assert_ready!(flush(&io)).is_err());
            assert_ready_err!(write(&mut io, b"DATA"));
        }
        assert_eq!((before, wire.taken()), (100, 200));
        assert!(wire.never_carries(100) && !wire.never_carries(99));

        // And indeed nothing leaves any more.
        assert_ready_err!(write(&mut io, b"DATA"));
        assert_ready_ok!(flush(&io));
        assert_ready_ok!(task::spawn(io.shutdown()).poll());
        assert_eq!(script.writes(), [100]);
    }
}

#[test]
fn what_left_in_part_may_be_carried() {
    // C-35
    let (mut io, script) = io();
    let wire = io.wire();
    assert_ready_ok!(write(&mut io, &[2; 100]));
    script.answer(Poll::Ready(Ok(1)));
    script.answer(Poll::Ready(Err(ErrorKind::ConnectionReset.into())));
    assert!(assert_ready!(flush(&io)).is_err());
    assert!(!wire.never_carries(0) && wire.never_carries(1));
}

#[test]
fn the_first_error_of_the_stream_is_kept_as_it_was() {
    let (mut io, script) = io();
    let wire = io.wire();
    assert_ready_ok!(write(&mut io, b"HEADERS"));
    let alert = io::Error::new(ErrorKind::InvalidData, fmt::Error);
    script.answer(Poll::Ready(Err(alert)));
    assert!(assert_ready!(flush(&io)).is_err());
    let told = assert_ready_err!(write(&mut io, b"DATA"));
    assert_eq!(told.kind(), ErrorKind::InvalidData);
    assert!(find::<fmt::Error>(&told).is_some());
    let cause = wire.cause().unwrap();
    assert!(cause.get_ref().unwrap().is::<fmt::Error>());
}

#[test]
fn what_comes_first_is_told_by_its_name() {
    //
    let table: [(&[u8], Violation); 4] = [
        (b"HTTP/1.1 400", Violation::Http1),
        (&[21, 3, 3, 0, 2, 2, 70], Violation::Tls),
        (&[22, 3, 1], Violation::Tls),
        (&[0, 0, 8, 6, 0, 0, 0, 0, 0], Violation::NotSettings),
    ];
    for (bytes, expected) in table {
        let (near, mut far) = tokio::io::duplex(64);
        let mut io = Io::new(near, FrameLimits::ANY, None);
        assert_ready_ok!(task::spawn(far.write_all(bytes)).poll());
        let error = assert_ready_err!(task::spawn(io.read(&mut [0; 64])).poll());
        let found = find::<Violation>(&error);
        assert_eq!(found, Some(&expected), "{error}");
    }
}

/// SETTINGS, with which a server begins.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// How much h2 asks for.
const ASKED: usize = 8 * 1024;
/// How much is read at once, where there is more.
const AT_ONCE: usize = 64 * 1024;

/// All that h2 gets until the stream is empty.
fn read_all(io: &mut Io<Script>) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buf = [0; ASKED];
    while let Poll::Ready(count) = task::spawn(io.read(&mut buf)).poll() {
        all.extend_from_slice(&buf[..count.unwrap()]);
    }
    all
}

#[test]
fn what_is_more_than_h2_asks_for_is_read_at_once() {
    // T-14: over a socket each read is a system call.
    let (mut io, script) = io();
    let mut last = data(10_000);
    last[4] = 1; // END_STREAM
    let (begin, rest) = last.split_at(4_000);
    let answer = [&SETTINGS[..], &data(20_000), begin].concat();
    script.arrive(&answer);
    assert!(read_all(&mut io) == answer);
    // One as h2 asks, one for all that is behind it, and one that finds nothing.
    assert_eq!(script.rooms(), [ASKED, AT_ONCE, AT_ONCE]);

    // In the middle of a frame the rest is expected, and the memory for it kept.
    script.arrive(rest);
    assert!(read_all(&mut io) == rest);
    assert_eq!(script.rooms(), [AT_ONCE, AT_ONCE]);

    // The stream has ended, so what comes next is as small as most answers are.
    script.arrive(&data(100));
    assert!(read_all(&mut io) == data(100));
    assert_eq!(script.rooms(), [ASKED, ASKED]);
}

#[test]
fn what_h2_has_room_for_is_not_read_ahead() {
    // T-14
    let (mut io, script) = io();
    script.arrive(&SETTINGS);
    assert_eq!(read_all(&mut io), SETTINGS);
    script.arrive(&data(ASKED - 10));
    assert!(read_all(&mut io) == data(ASKED - 10));
    assert_eq!(script.rooms(), [ASKED; 4]);
}

/// The preface, and the HEADERS of a stream.
const OPEN: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x01\x05\0\0\0\x01";

/// A DATA frame of so many bytes.
fn data(bytes: usize) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(bytes).unwrap().to_be_bytes();
    [&length[..], &[0, 0, 0, 0, 0, 1], &vec![0; bytes]].concat()
}

/// Somebody who has read this much, and what the io tells for it.
#[derive(Debug)]
struct Given(u64);

impl super::Reader for Given {
    fn taken(&self) -> u32 {
        0
    }

    fn given_back(&self) -> u64 {
        self.0
    }

    fn give_back(&self, _: usize) -> bool {
        false
    }

    fn method(&self) -> u32 {
        0
    }

    fn keep_back(&self, _: &Waker) {}

    fn go_on(&self) {}

    fn is_gone(&self) -> bool {
        false
    }

    fn flood(&self, _: u32) {}
}

#[test]
fn a_grant_stands_between_frames_and_behind_its_stream() {
    // T-16
    let script = Script::default();
    let mut io = Io::new(script.clone(), FrameLimits::ANY, Some(1 << 20));
    let wire = io.wire();
    let mut driver = task::spawn(());
    io.wake(driver.enter(|cx, _| cx.waker().clone()));
    let reader = Arc::new(Given(20_000));
    assert_eq!(wire.open(reader.clone()), 1);
    wire.grant(1);
    assert!(driver.is_woken());
    wire.grant(1);
    let update = [0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0x4e, 0x20];
    assert_ready_ok!(flush(&io));
    assert_eq!(script.written(), b"");
    assert_ready_ok!(write(&mut io, &OPEN[..30]));
    assert_ready_ok!(flush(&io));
    assert_eq!(script.written(), &OPEN[..30], "its HEADERS are not whole");
    assert_ready_ok!(write(&mut io, &OPEN[30..]));
    assert_ready_ok!(flush(&io));
    assert_eq!(script.written(), [OPEN, &update].concat());
}

#[test]
fn grants_get_past_a_writer_that_never_pauses() {
    // L-21
    let script = Script::default();
    let mut io = Io::new(script.clone(), FrameLimits::ANY, Some(1 << 20));
    let wire = io.wire();
    assert_ready_ok!(write(&mut io, OPEN));
    let frame = data(80 * 1024);
    script.answer(Poll::Ready(Ok(50_000)));
    let first = assert_ready_ok!(write(&mut io, &frame));
    let reader = Arc::new(Given(20_000));
    wire.open(reader.clone());
    wire.grant(1);
    assert_ready_ok!(flush(&io));
    assert_eq!(script.written().len(), OPEN.len() + first);
    let mut rest = first;
    while rest < frame.len() {
        rest += assert_ready_ok!(write(&mut io, &frame[rest..]));
    }
    let mut rest = 0;
    while rest < frame.len() {
        rest += assert_ready_ok!(write(&mut io, &frame[rest..]));
    }
    assert_ready_ok!(flush(&io));
    let update = [0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0x4e, 0x20];
    assert!(script.written() == [OPEN, &frame, &update, &frame].concat());
}

#[test]
fn windows_of_h2_go_out_if_they_are_not_ours() {
    let (mut io, script) = io();
    let update = [0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0, 100];
    assert_ready_ok!(write(&mut io, &[OPEN, &update].concat()));
    assert_ready_ok!(flush(&io));
    assert_eq!(script.written(), [OPEN, &update].concat());
}
