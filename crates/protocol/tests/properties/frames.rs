//! Bytes into messages.

use bytes::{Bytes, BytesMut};
use proptest::{collection::vec, prelude::*, sample::Index};
use ziggurat_protocol::{
    Code,
    codec::Raw,
    compression::Encodings,
    frame::{self, Decoder, Deframer, Frame, PREFIX},
};

use crate::{config, noise};

/// Every cut of a message is tried: an interpreter has time for short ones.
const LIMIT: usize = if cfg!(miri) { 16 } else { 64 };

/// What came out of some bytes, and how it ended.
#[derive(Debug, PartialEq)]
struct Read {
    frames: Vec<Frame>,
    end: Result<bool, Code>,
}

fn read(pieces: impl IntoIterator<Item = Bytes>) -> Read {
    let mut deframer = Deframer::new(LIMIT);
    let mut frames = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        loop {
            match deframer.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(status) => {
                    let end = Err(status.code());
                    return Read { frames, end };
                }
            }
        }
    }
    let end = Ok(deframer.is_at_boundary());
    Read { frames, end }
}

fn wire(frames: &[Frame]) -> Bytes {
    let mut wire = BytesMut::new();
    for frame in frames {
        let start = wire.len();
        frame::encode::<Raw, _, Bytes>(&frame.message, &mut wire, usize::MAX).unwrap();
        wire[start] = frame.compressed.into();
    }
    wire.freeze()
}

/// What came out of them in batches, or one by one, and how it ended. A compressed message cannot be read.
type Decoded = (Vec<Bytes>, Result<bool, Code>);

fn decoded(pieces: &[Bytes], most: usize) -> Decoded {
    let mut decoder = Decoder::new(LIMIT, Encodings::default());
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(piece.clone());
        loop {
            let before = messages.len();
            // None at all is one by one.
            let taken = match most {
                0 => decoder.next().map(|message| messages.extend(message)),
                _ => decoder.take(most).map(|batch| {
                    messages.extend(batch.unwrap_or_default());
                }),
            };
            match taken {
                Ok(()) if messages.len() > before => {
                    assert!(messages.len() - before <= most.max(1));
                }
                Ok(()) => break,
                Err(status) => return (messages, Err(status.code())),
            }
        }
    }
    (messages, Ok(decoder.is_at_boundary()))
}

/// Cuts at any places, one place twice or at either end as well.
fn cut(wire: &Bytes, cuts: &[Index]) -> Vec<Bytes> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
    places.extend([0, wire.len()]);
    places.sort_unstable();
    let pieces = places.windows(2);
    pieces.map(|ends| wire.slice(ends[0]..ends[1])).collect()
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let frame = (any::<bool>(), noise(LIMIT)).prop_map(|(compressed, message)| Frame {
        compressed,
        message: message.into(),
    });
    vec(frame, 0..6)
}

/// Noise that often looks like the beginning of a message.
fn nonsense() -> impl Strategy<Value = Bytes> {
    let prefix = (0..4u8, 0..80u32).prop_map(|(flag, length)| {
        let mut prefix = vec![flag];
        prefix.extend(length.to_be_bytes());
        prefix
    });
    let part = prop_oneof![3 => prefix, 1 => noise(80)];
    vec(part, 0..6).prop_map(|parts| parts.concat().into())
}

proptest! {
    #![proptest_config(config())]

    ///
    #[test]
    fn every_cut_of_messages_gives_them_back(frames in frames()) {
        let wire = wire(&frames);
        for place in 0..=wire.len() {
            let halves = [wire.slice(..place), wire.slice(place..)];
            prop_assert_eq!(&read(halves).frames, &frames);
        }
        let bytes = wire.iter().map(|&byte| vec![byte].into());
        prop_assert_eq!(read(bytes), Read { frames, end: Ok(true) });
    }

    ///
    #[test]
    fn many_cuts_of_messages_give_them_back(
        frames in frames(),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let pieces = cut(&wire(&frames), &cuts);
        prop_assert_eq!(read(pieces), Read { frames, end: Ok(true) });
    }

    ///
    #[test]
    fn cuts_change_nothing_of_what_nonsense_becomes(
        nonsense in nonsense(),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let whole = read([nonsense.clone()]);
        prop_assert_eq!(&read(cut(&nonsense, &cuts)), &whole);
        prop_assert_eq!(&read(nonsense.iter().map(|&byte| vec![byte].into())), &whole);
    }

    ///
    #[test]
    fn batches_are_the_messages_one_by_one(
        frames in frames(),
        nonsense in nonsense(),
        cuts in vec(any::<Index>(), 0..20),
        most in 1..4usize,
    ) {
        let all: Bytes = [wire(&frames), nonsense].concat().into();
        let pieces = cut(&all, &cuts);
        let each = decoded(&pieces, 0);
        prop_assert_eq!(&decoded(&pieces, most), &each);
        prop_assert_eq!(&decoded(&pieces, usize::MAX), &each);
    }

    ///
    #[test]
    fn a_stream_that_ends_too_early_is_not_at_a_boundary(frames in frames()) {
        let wire = wire(&frames);
        let mut ends = vec![0];
        for frame in &frames {
            ends.push(ends[ends.len() - 1] + PREFIX + frame.message.len());
        }
        for end in 0..=wire.len() {
            let read = read([wire.slice(..end)]);
            prop_assert_eq!(read.end, Ok(ends.contains(&end)));
        }
    }

    ///
    #[test]
    fn what_is_given_out_is_what_was_received(nonsense in nonsense()) {
        let read = read([nonsense.clone()]);
        let given = wire(&read.frames);
        prop_assert!(nonsense.starts_with(&given));
        let rest = &nonsense[given.len()..];
        match read.end {
            Ok(at_boundary) => prop_assert_eq!(at_boundary, rest.is_empty()),
            Err(Code::Internal) => prop_assert!(rest[0] > 1),
            Err(code) => {
                prop_assert_eq!(code, Code::ResourceExhausted);
                let length = u32::from_be_bytes(rest[1..PREFIX].try_into().unwrap());
                prop_assert!(usize::try_from(length).unwrap() > LIMIT);
            }
        }
    }
}
