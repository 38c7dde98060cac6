use super::*;
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

#[test]
fn announced_lengths_allocate_nothing() {
    let mut frames = Deframer::new(usize::MAX);
    frames.push(Bytes::from_static(&[0, 0x7f, 0xff, 0xff, 0xff, 1, 2]));
    assert_eq!(frames.next().unwrap(), None);
    assert!(frames.partial.capacity() < 100);
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
