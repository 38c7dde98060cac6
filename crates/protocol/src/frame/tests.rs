use bytes::{Buf, Bytes};

use super::{deframer::Begun, message::Gathered, *};
use crate::codec::Raw;

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
            out.push(frame.message.into_bytes());
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
    let first = frames.next().unwrap().unwrap().message.into_bytes();
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

/// A message in pieces of these lengths.
fn gathered(lengths: impl IntoIterator<Item = usize>) -> Message {
    let mut gathered = Gathered::default();
    let mut wire = (0..=u8::MAX).cycle();
    for length in lengths {
        gathered.push(wire.by_ref().take(length).collect::<Vec<_>>().into());
        let own = gathered.segment.capacity();
        assert!(own <= 128 * 1024 && own <= 64 + 2 * gathered.len(), "{own}");
    }
    gathered.into_message()
}

#[test]
fn pieces_are_kept_in_order_and_short_ones_together() {
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
        let length = lengths().sum();
        let message = gathered(lengths());
        assert_eq!(message.remaining(), length);
        assert!(
            message.pieces().count() <= 10 + length / (8 * 1024),
            "{round:?}"
        );
        assert!(
            message
                .bytes()
                .copied()
                .eq((0..=u8::MAX).cycle().take(length))
        );
    }
}

#[test]
fn long_pieces_are_not_copied() {
    let pieces = [1, 2].map(|byte| Bytes::from(vec![byte; 16 * 1024]));
    let mut gathered = Gathered::default();
    for piece in pieces.clone() {
        gathered.push(piece);
    }
    let mut message = gathered.into_message();
    for piece in pieces {
        assert_eq!(message.chunk().as_ptr(), piece.as_ptr());
        message.advance(piece.len());
    }
    assert!(!message.has_remaining());
}

#[test]
fn a_message_in_pieces_is_read_as_one_in_one() {
    let lengths = [10_000, 1, 9_000, 100, 3, 20_000];
    let message = gathered(lengths);
    let whole = message.clone().into_bytes();
    assert_eq!(Message::from(whole.clone()), message);
    for (skipped, taken) in [
        (0, 5),
        (9_999, 2),
        (10_000, 9_001),
        (19_000, 104),
        (5, 30_000),
    ] {
        let mut message = message.clone();
        message.advance(skipped);
        assert_eq!(message.remaining(), whole.len() - skipped);
        let end = skipped + taken;
        assert_eq!(message.copy_to_bytes(taken), whole[skipped..end]);
        assert_eq!(message.into_bytes(), whole[end..]);
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
    assert!(gathered.segment.capacity() < 100);
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
