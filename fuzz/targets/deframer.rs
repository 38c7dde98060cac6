//! DATA frames into messages: where they are cut changes nothing, and what comes out is what went in.
#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use ziggurat_protocol::{
    Code,
    codec::Raw,
    compression::Encodings,
    frame::{self, Decoder, Deframer, Frame},
};

const LIMIT: usize = 256;

/// What a server sends, in pieces of which lengths it arrives, and how many messages are taken together.
#[derive(Arbitrary, Debug)]
struct Answer<'a> {
    lengths: Vec<u8>,
    most: u8,
    wire: &'a [u8],
}

impl Answer<'_> {
    fn pieces(&self) -> Vec<Bytes> {
        let mut rest = Bytes::copy_from_slice(self.wire);
        let mut pieces = Vec::new();
        for &length in &self.lengths {
            pieces.push(rest.split_to(usize::from(length).min(rest.len())));
        }
        pieces.push(rest);
        pieces
    }
}

/// The messages, and how they ended.
type Read = (Vec<Frame>, Result<bool, Code>);

fn read(pieces: impl IntoIterator<Item = Bytes>) -> Read {
    let mut deframer = Deframer::new(LIMIT);
    let mut frames = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        loop {
            match deframer.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(status) => return (frames, Err(status.code())),
            }
        }
    }
    (frames, Ok(deframer.is_at_boundary()))
}

/// The same of a decoder that knows no compression, in batches.
fn take(pieces: impl IntoIterator<Item = Bytes>, most: usize) -> (Vec<Bytes>, Result<bool, Code>) {
    let mut decoder = Decoder::new(LIMIT, Encodings::default());
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.take(most) {
                Ok(Some(batch)) => messages.extend(batch),
                Ok(None) => break,
                Err(status) => return (messages, Err(status.code())),
            }
        }
    }
    (messages, Ok(decoder.is_at_boundary()))
}

/// The messages as they are on the wire.
fn write(frames: &[Frame]) -> BytesMut {
    let mut wire = BytesMut::new();
    for frame in frames {
        let start = wire.len();
        frame::encode::<Raw, _, Bytes>(&frame.message, &mut wire, LIMIT).expect("within the limit");
        wire[start] = frame.compressed.into();
    }
    wire
}

fuzz_target!(|answer: Answer<'_>| {
    let whole = read([Bytes::copy_from_slice(answer.wire)]);
    assert_eq!(read(answer.pieces()), whole);

    let (frames, end) = whole;
    // Up to one that is compressed.
    let plain: Vec<_> = frames
        .iter()
        .take_while(|frame| !frame.compressed)
        .collect();
    let ends = if plain.len() < frames.len() {
        Err(Code::Internal)
    } else {
        end
    };
    let (messages, ended) = take(answer.pieces(), usize::from(answer.most).max(1));
    assert_eq!(ended, ends);
    assert!(
        messages
            .iter()
            .eq(plain.into_iter().map(|frame| &frame.message))
    );

    let written = write(&frames);
    assert!(answer.wire.starts_with(&written));
    let rest = &answer.wire[written.len()..];
    match end {
        Ok(at_boundary) => assert_eq!(at_boundary, rest.is_empty()),
        Err(Code::Internal) => assert!(rest[0] > 1),
        Err(code) => assert_eq!(code, Code::ResourceExhausted),
    }
});
