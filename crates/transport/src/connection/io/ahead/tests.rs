//! Which reads a stream sees, and what h2 gets.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok};

use super::{Ahead, MOST, TELLING};

/// A socket in which bytes have arrived, each one more than the one before it.
#[derive(Default)]
struct Socket {
    arrived: usize,
    read: usize,
    /// What comes behind them; `None` if that is still open.
    end: Option<Result<(), ErrorKind>>,
    /// How much room each read had.
    rooms: Vec<usize>,
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.rooms.push(buf.remaining());
        let count = buf.remaining().min(self.arrived - self.read);
        buf.put_slice(&bytes(self.read, count));
        self.read += count;
        match self.end {
            None if count == 0 => Poll::Pending,
            Some(Err(kind)) if count == 0 => Poll::Ready(Err(kind.into())),
            _ => Poll::Ready(Ok(())),
        }
    }
}

fn bytes(from: usize, count: usize) -> Vec<u8> {
    (0..=250).cycle().skip(from % 251).take(count).collect()
}

/// What h2 gets if it has so much room; nothing tells of more.
fn read(ahead: &mut Ahead, socket: &mut Socket, room: usize) -> Poll<io::Result<Vec<u8>>> {
    read_on(ahead, socket, room, false)
}

/// The same where what came before may tell of more.
fn read_on(
    ahead: &mut Ahead,
    socket: &mut Socket,
    room: usize,
    more: bool,
) -> Poll<io::Result<Vec<u8>>> {
    let mut bytes = vec![0; room];
    let mut buf = ReadBuf::new(&mut bytes);
    let mut cx = Context::from_waker(Waker::noop());
    let polled = ahead.poll_read(socket, &mut cx, &mut buf, more);
    let filled = buf.filled().to_vec();
    polled.map_ok(|()| filled)
}

#[test]
fn what_has_room_is_not_read_ahead() {
    let (mut ahead, mut socket) = (Ahead::default(), Socket::default());
    for answer in [100, 8_191, 3] {
        socket.arrived += answer;
        let got = assert_ready_ok!(read(&mut ahead, &mut socket, 8_192));
        assert_eq!(got.len(), answer);
        assert_pending!(read(&mut ahead, &mut socket, 8_192));
    }
    assert_eq!(socket.rooms, [8_192; 6]);
    assert_eq!(ahead.bytes.capacity(), 0);
}

#[test]
fn little_room_that_is_filled_tells_nothing() {
    let (mut ahead, mut socket) = (Ahead::default(), Socket::default());
    socket.arrived = 3 * TELLING;
    for room in [TELLING - 1, 10, TELLING] {
        let got = assert_ready_ok!(read(&mut ahead, &mut socket, room));
        assert_eq!(got.len(), room);
    }
    assert_eq!(socket.rooms, [TELLING - 1, 10, TELLING]);
    assert!(ahead.bytes.capacity() == 0 && ahead.is_full);
}

#[test]
fn once_a_read_is_full_all_that_is_there_is_read() {
    let (mut ahead, mut socket) = (Ahead::default(), Socket::default());
    socket.arrived = 100_000;
    let mut got = Vec::new();
    while let Poll::Ready(some) = read(&mut ahead, &mut socket, 4_000) {
        got.extend(some.unwrap());
    }
    assert_eq!(got, bytes(0, 100_000));
    // The last one finds the socket empty.
    assert_eq!(socket.rooms, [4_000, MOST, MOST, MOST]);
    assert_eq!(ahead.bytes.capacity(), 0, "the memory is given back");

    socket.arrived += 1;
    let got = assert_ready_ok!(read(&mut ahead, &mut socket, 4_000));
    assert_eq!(got, bytes(100_000, 1));
    assert_eq!(socket.rooms.last(), Some(&4_000));
}

#[test]
fn where_there_is_as_much_room_nothing_is_copied() {
    let (mut ahead, mut socket) = (Ahead::default(), Socket::default());
    socket.arrived = 3 * MOST;
    for _ in 0..3 {
        let got = assert_ready_ok!(read(&mut ahead, &mut socket, MOST));
        assert_eq!(got.len(), MOST);
    }
    assert_eq!(ahead.bytes.capacity(), 0);
    assert_eq!(socket.rooms, [MOST; 3]);
}

#[test]
fn an_end_comes_behind_what_was_read_ahead() {
    for end in [Ok(()), Err(ErrorKind::ConnectionReset)] {
        let (mut ahead, mut socket) = (Ahead::default(), Socket::default());
        socket.arrived = 10_000;
        socket.end = Some(end);
        let lengths = [4_000, 4_000, 2_000].map(|length| {
            let got = assert_ready_ok!(read(&mut ahead, &mut socket, 4_000));
            got.len() == length
        });
        assert_eq!(lengths, [true; 3], "{end:?}");
        let last = read(&mut ahead, &mut socket, 4_000);
        match end {
            Ok(()) => assert_eq!(assert_ready_ok!(last), [0; 0]),
            Err(kind) => assert_eq!(assert_ready_err!(last).kind(), kind),
        }
    }
}

#[test]
fn in_the_middle_of_a_message_the_memory_waits_for_the_rest() {
    let (mut ahead, mut socket) = (Ahead::default(), Socket::default());
    socket.arrived = 10_000;
    let mut got = Vec::new();
    while let Poll::Ready(some) = read_on(&mut ahead, &mut socket, 4_000, true) {
        got.extend(some.unwrap());
    }
    assert_eq!((got, ahead.bytes.capacity()), (bytes(0, 10_000), MOST));
    socket.arrived += 7_000;
    for length in [4_000, 3_000] {
        let got = assert_ready_ok!(read_on(&mut ahead, &mut socket, 4_000, true));
        assert_eq!(got.len(), length);
    }
    assert_eq!(
        socket.rooms,
        [4_000, MOST, MOST, MOST],
        "it is read into at once"
    );
    assert_pending!(read(&mut ahead, &mut socket, 4_000));
    assert_eq!(ahead.bytes.capacity(), 0);
}
