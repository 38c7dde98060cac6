use bytes::{Buf, Bytes};

use super::{deframer::Begun, gathered::Gathered, *};
use crate::{codec::Raw, compression::Encodings};

mod compressed;

fn framed(messages: &[&[u8]]) -> Bytes {
    let mut buffer = BytesMut::new();
    for message in messages {
        encode::<Raw, _, Bytes>(&Bytes::copy_from_slice(message), &mut buffer, usize::MAX).unwrap();
    }
    buffer.freeze()
}

fn read(pieces: impl IntoIterator<Item = Bytes>) -> (Vec<Bytes>, bool) {
    let mut frames = Deframer::new(100);
    let mut out = Vec::new();
    for piece in pieces {
        frames.push(piece);
        while let Some(frame) = frames.next().unwrap() {
            out.push(frame.message);
        }
    }
    (out, frames.is_at_boundary())
}

#[test]
fn every_split_gives_the_same_messages() {
    //
    let messages: [&[u8]; 3] = [b"tea", b"", b"x"];
    let wire = framed(&messages);
    for first in 0..=wire.len() {
        for second in first..=wire.len() {
            let pieces = [
                wire.slice(..first),
                wire.slice(first..second),
                wire.slice(second..),
            ];
            assert_eq!(
                read(pieces),
                (messages.map(Bytes::from_static).to_vec(), true)
            );
        }
    }
    let bytewise = wire.iter().map(|&byte| vec![byte].into());
    assert_eq!(read(bytewise).0.len(), 3);
}

#[test]
fn truncation_is_seen() {
    //
    let wire = framed(&[b"a", b"bcd"]);
    for end in 1..wire.len() {
        assert_eq!(read([wire.slice(..end)]).1, end == 6, "{end}");
    }
    assert!(read([]).1);
}

#[test]
fn whole_messages_are_not_copied() {
    let wire = framed(&[b"latte", b"mocha"]);
    let mut frames = Deframer::new(100);
    frames.push(wire.clone());
    let first = frames.next().unwrap().unwrap().message;
    assert_eq!(first.as_ptr(), wire[5..].as_ptr());
}

#[test]
fn limits_hold_before_anything_is_kept() {
    //
    let mut frames = Deframer::new(3);
    frames.push(Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff]));
    assert_eq!(frames.next().unwrap_err().code(), Code::ResourceExhausted);
    let mut frames = Deframer::new(3);
    frames.push(framed(&[b"abc"]));
    assert!(frames.next().unwrap().is_some());
}

/// Bytes that tell where they stand.
fn bytes() -> impl Iterator<Item = u8> {
    (0..=u8::MAX).cycle()
}

/// A message in pieces of these lengths; nothing it keeps on the way is longer than four times what has come.
fn gathered(lengths: impl IntoIterator<Item = usize>, whole: usize) -> Bytes {
    let mut gathered = Gathered::default();
    let mut wire = bytes();
    for length in lengths {
        let piece = wire.by_ref().take(length).collect::<Vec<_>>();
        gathered.push(piece.into(), whole);
        let own = gathered.buffer.capacity();
        assert!(own <= whole && own <= 4 * gathered.len(), "{own}");
    }
    gathered.into_message()
}

#[test]
fn pieces_of_any_length_become_one_message() {
    //
    let rounds: [&[usize]; 8] = [
        &[1],
        &[21],
        &[4096],
        &[8 * 1024 - 1],
        &[8 * 1024],
        &[16 * 1024],
        &[1, 8 * 1024],
        &[16 * 1024, 300, 40_000, 1, 1],
    ];
    let most = if cfg!(miri) { 2_000 } else { 200_000 };
    for round in rounds {
        let rounds = most / round.iter().sum::<usize>() + 1;
        let lengths = || round.iter().copied().cycle().take(rounds * round.len());
        let whole = lengths().sum();
        let message = gathered(lengths(), whole);
        assert!(message.into_iter().eq(bytes().take(whole)), "{round:?}");
    }
}

#[test]
fn each_byte_of_long_pieces_is_copied_once() {
    let piece = Bytes::from(vec![0; 16 * 1024]);
    let whole = 10 * piece.len();
    let mut gathered = Gathered::default();
    for _ in 0..2 {
        gathered.push(piece.clone(), whole);
        assert_eq!(gathered.buffer.capacity(), 0);
    }
    assert!(!piece.is_unique());
    // With the third a quarter has come: none of them is kept.
    gathered.push(piece.clone(), whole);
    assert!(piece.is_unique());
    let buffer = gathered.buffer.as_ptr();
    for _ in 3..10 {
        gathered.push(piece.clone(), whole);
    }
    assert_eq!(gathered.into_message().as_ptr(), buffer);
}

#[test]
fn short_pieces_are_copied_at_once() {
    // T-8: each would keep a whole buffer of the connection for a few bytes.
    let piece = Bytes::from(vec![0; 8 * 1024 - 1]);
    let mut gathered = Gathered::default();
    for count in 1..4 {
        gathered.push(piece.clone(), 100 * piece.len());
        assert!(piece.is_unique());
        assert_eq!(gathered.buffer.len(), count * piece.len());
    }
}

#[test]
fn announced_lengths_allocate_nothing() {
    let mut frames = Deframer::new(usize::MAX);
    frames.push(Bytes::from_static(&[0, 0x7f, 0xff, 0xff, 0xff, 1, 2]));
    assert_eq!(frames.next().unwrap(), None);
    let Some(Begun::Message(_, gathered)) = frames.begun.as_deref() else {
        panic!("a message has begun");
    };
    assert!(gathered.buffer.capacity() <= 4 * 2);
}

#[test]
fn flags_other_than_0_and_1_are_errors() {
    //
    for flag in 0..=255 {
        let mut frames = Deframer::new(3);
        frames.push(vec![flag, 0, 0, 0, 0].into());
        let read = frames.next();
        if flag > 1 {
            assert_eq!(read.unwrap_err().code(), Code::Internal, "{flag}");
        } else {
            assert_eq!(read.unwrap().unwrap().compressed, flag == 1);
        }
    }
}

#[test]
fn a_message_over_the_send_limit_leaves_the_buffer_alone() {
    //
    let mut buffer = BytesMut::from(&b"before"[..]);
    let message = Bytes::from_static(b"1234");
    let error = encode::<Raw, _, Bytes>(&message, &mut buffer, 3).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(buffer, "before");
    encode::<Raw, _, Bytes>(&message, &mut buffer, 4).unwrap();
    assert_eq!(buffer, &b"before\0\0\0\0\x041234"[..]);
}

#[test]
fn a_batch_ends_where_a_message_is_not_there_or_is_not_plain() {
    //
    let two = framed(&[b"tea", b""]);
    let too_long = framed(&[&[b'x'; 0x65]]);
    for behind in [
        &b""[..],
        &too_long,
        b"\0\0",
        b"\0\0\0\0\x02x",
        b"\x01\0\0\0\0",
        b"\x02\0\0\0\0",
        b"\0\0\0\0\x65",
    ] {
        let mut messages = Decoder::new(100, Encodings::default());
        messages.push([&two, behind].concat().into());
        let batch = messages.take(usize::MAX).unwrap().unwrap();
        let batch: Vec<_> = batch.collect();
        assert_eq!(batch, ["tea", ""], "{behind:?}");
        let next = messages.take(usize::MAX).map(|batch| batch.is_none());
        let code = next.map_err(|status| status.code());
        let expected = match behind {
            [1 | 2, ..] => Err(Code::Internal),
            [0, 0, 0, 0, 0x65, ..] => Err(Code::ResourceExhausted),
            _ => Ok(true),
        };
        assert_eq!(code, expected, "{behind:?}");
    }
}

#[test]
fn what_is_not_read_of_a_message_is_skipped() {
    let mut messages = Decoder::new(100, Encodings::default());
    messages.push(framed(&[b"latte", b"", b"mocha"]));
    let mut batch = messages.take(usize::MAX).unwrap().unwrap();
    let mut first = || batch.read_next(|received, length| received.split_to(length.min(1)));
    assert_eq!([first(), first()], [Some("l".into()), Some("".into())]);
    assert_eq!(batch.next(), Some("mocha".into()));
    assert_eq!(batch.next(), None);
}

#[test]
fn a_batch_that_was_read_keeps_nothing() {
    let received = framed(&[b"latte", b"mocha"]);
    let mut messages = Decoder::new(100, Encodings::default());
    messages.push(received.clone());
    let mut batch = messages.take(usize::MAX).unwrap().unwrap();
    let mut read = || batch.read_next(Bytes::advance);
    assert!(read().is_some() && !received.is_unique());
    assert!(read().is_some() && received.is_unique());
    assert!(read().is_none());
}

#[test]
fn a_batch_is_as_large_as_it_may_be() {
    let mut messages = Decoder::new(100, Encodings::default());
    messages.push(framed(&[b"a", b"b", b"c"]));
    let mut sizes = [2, 2, 2].map(|most| messages.take(most).unwrap().map_or(0, Iterator::count));
    assert_eq!(sizes, [2, 1, 0]);
    messages.push(framed(&[b"a", b"b"]));
    sizes = [1, 1, 1].map(|most| messages.take(most).unwrap().map_or(0, Iterator::count));
    assert_eq!(sizes, [1, 1, 0]);
}
