//! DATA frames into messages: where they are cut changes nothing, and what comes out is what went in.
#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use ziggurat_protocol::{
    Code,
    codec::Raw,
    frame::{self, Deframer, Frame},
};

const LIMIT: usize = 256;

/// What a server sends, and in pieces of which lengths it arrives.
#[derive(Arbitrary, Debug)]
struct Answer<'a> {
    lengths: Vec<u8>,
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
    let written = write(&frames);
    assert!(answer.wire.starts_with(&written));
    let rest = &answer.wire[written.len()..];
    match end {
        Ok(at_boundary) => assert_eq!(at_boundary, rest.is_empty()),
        Err(Code::Internal) => assert!(rest[0] > 1),
        Err(code) => assert_eq!(code, Code::ResourceExhausted),
    }
});
