use std::sync::{Arc, atomic::Ordering};

use bytes::{Bytes, BytesMut};

use super::*;
use rle::Rle;

pub(crate) mod rle;

#[cfg(any(feature = "gzip", feature = "deflate", feature = "zstd"))]
mod bombs;

fn built_in() -> Vec<Pooled> {
    Encodings::built_in().as_slice().to_vec()
}

fn compressed(encoding: &Pooled, message: &[u8]) -> Bytes {
    let mut output = BytesMut::new();
    encoding.compress(message, &mut output).unwrap();
    output.freeze()
}

fn decompressed(
    encoding: &Pooled,
    message: impl Into<Bytes>,
    limit: usize,
) -> Result<BytesMut, DecompressError> {
    let mut output = BytesMut::new();
    encoding.decompress(message.into(), &mut output, limit)?;
    Ok(output)
}

/// Words that repeat, and between them bytes that do not.
fn text(length: usize) -> Vec<u8> {
    let mut noise = Noise(7);
    let mut text = Vec::new();
    while text.len() < length {
        text.extend_from_slice([&b"espresso "[..], b"latte "][noise.below(2)]);
        text.push(noise.byte());
    }
    text.truncate(length);
    text
}

fn noise(length: usize) -> Vec<u8> {
    let mut noise = Noise(1);
    (0..length).map(|_| noise.byte()).collect()
}

/// The same numbers in each run.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        self.0.to_be_bytes()[0]
    }

    fn below(&mut self, limit: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % limit
    }
}

/// Fewer cases where each step is interpreted.
const fn cases(full: usize, under_miri: usize) -> usize {
    if cfg!(miri) { under_miri } else { full }
}

/// Around the room that is given to a decoder at first, and far above it.
const LENGTHS: &[usize] = if cfg!(miri) {
    &[1, 50]
} else {
    &[1, 1023, 4095, 4096, 4097, 200_000]
};

#[test]
fn messages_come_back_as_they_were() {
    for encoding in built_in() {
        let messages = LENGTHS
            .iter()
            .flat_map(|&length| [text(length), noise(length)]);
        for message in messages.chain([Vec::new()]) {
            let short = compressed(&encoding, &message);
            let long = decompressed(&encoding, short, message.len()).unwrap();
            assert!(long == message, "{encoding:?} of {}", message.len());
        }
    }
}

#[test]
fn text_gets_shorter() {
    for encoding in built_in() {
        let message = text(cases(10_000, 400));
        assert!(
            compressed(&encoding, &message).len() < message.len() / 2,
            "{encoding:?}"
        );
    }
}

#[test]
fn messages_are_compressed_by_themselves() {
    //
    for encoding in built_in() {
        let message = text(cases(2000, 50));
        let alone = compressed(&encoding, &message);
        compressed(&encoding, &noise(cases(5000, 50)));
        assert_eq!(compressed(&encoding, &message), alone, "{encoding:?}");
    }
}

#[test]
fn output_is_appended() {
    for encoding in built_in() {
        let mut output = BytesMut::from("before");
        encoding.compress(b"latte", &mut output).unwrap();
        let short = output.split_off(6).freeze();
        encoding.decompress(short, &mut output, 5).unwrap();
        assert_eq!(output, "beforelatte");
    }
}

#[test]
fn the_limit_is_the_last_length_that_passes() {
    //
    for encoding in built_in() {
        for &length in LENGTHS {
            let short = compressed(&encoding, &text(length));
            assert!(
                decompressed(&encoding, short.clone(), length).is_ok(),
                "{encoding:?}"
            );
            let over = decompressed(&encoding, short, length - 1);
            assert!(
                matches!(over, Err(DecompressError::OverLimit)),
                "{encoding:?}"
            );
        }
    }
}

#[test]
fn a_cut_message_is_corrupt() {
    //
    for encoding in built_in() {
        let whole = compressed(&encoding, &text(cases(3000, 20)));
        for end in 0..whole.len() {
            let cut = decompressed(&encoding, whole.slice(..end), usize::MAX);
            assert!(
                matches!(cut, Err(DecompressError::Corrupt(_))),
                "{encoding:?} {end}"
            );
        }
    }
}

#[test]
fn bytes_behind_the_message_are_corrupt() {
    //
    for encoding in built_in() {
        let whole = compressed(&encoding, b"latte");
        for junk in [&b"\0"[..], b"junk", &whole] {
            let junk = [&whole[..], junk].concat();
            let read = decompressed(&encoding, junk, usize::MAX);
            assert!(
                matches!(read, Err(DecompressError::Corrupt(_))),
                "{encoding:?}"
            );
        }
    }
}

#[test]
fn no_byte_of_a_peer_panics_or_outgrows_the_limit() {
    //
    const LIMIT: usize = 10_000;
    for encoding in built_in() {
        let whole = compressed(&encoding, &text(cases(800, 20)));
        let mut noise = Noise(3);
        let flipped = (0..whole.len() * 8).map(|bit| {
            let mut message = whole.to_vec();
            message[bit / 8] ^= 1 << (bit % 8);
            message
        });
        let replaced = (0..cases(1000, 5)).map(|_| {
            let mut message = whole.to_vec();
            for _ in 0..=noise.below(4) {
                let at = noise.below(message.len());
                message[at] = noise.byte();
            }
            message
        });
        for message in flipped.step_by(cases(1, 100)).chain(replaced) {
            let mut output = BytesMut::new();
            drop(encoding.decompress(message.into(), &mut output, LIMIT));
            assert!(
                output.capacity() <= 2 * LIMIT,
                "{encoding:?}: {}",
                output.capacity()
            );
        }
        // What failed leaves no trace.
        assert_eq!(compressed(&encoding, &text(cases(800, 20))), whole);
        assert!(decompressed(&encoding, whole, LIMIT).is_ok());
    }
}

#[test]
fn noise_is_not_read() {
    for encoding in built_in() {
        for length in 0..cases(300, 10) {
            assert!(
                decompressed(&encoding, noise(length), 1000).is_err(),
                "{encoding:?}"
            );
        }
    }
}

#[test]
fn the_value_of_the_header_is_a_list() {
    //
    assert!(Encodings::default().accept().is_none());
    let built_in = Encodings::built_in();
    let names: Vec<_> = built_in.as_slice().iter().map(Pooled::name).collect();
    let accept = built_in.accept().map(|accept| accept.to_str().unwrap());
    assert_eq!(accept.unwrap_or_default(), names.join(","));

    let with = Encodings::default().with(Rle::pooled()).over(&built_in);
    let accept = with.accept().unwrap().to_str().unwrap();
    assert!(accept.starts_with("x-rle") && with.as_slice().len() == names.len() + 1);
}

#[test]
fn an_encoding_takes_the_place_of_its_name() {
    let (old, new) = (Rle::default(), Rle::default());
    let (made, unmade) = (Arc::clone(&new.made), Arc::clone(&old.made));
    let encodings = Encodings::default().with(old).with(new);
    assert_eq!(encodings.accept().unwrap(), "x-rle");
    let found = encodings.get(&"x-rle".parse().unwrap()).unwrap();
    compressed(found, b"aaa");
    assert_eq!(made.load(Ordering::Relaxed), 1);
    assert_eq!(unmade.load(Ordering::Relaxed), 0);
    assert!(encodings.get(&"x-RLE".parse().unwrap()).is_none());
}

#[test]
fn working_memory_is_used_again() {
    let rle = Rle::default();
    let made = Arc::clone(&rle.made);
    let (rle, message) = (Pooled::new(rle), [7; 100]);
    for _ in 0..3 {
        let short = compressed(&rle.clone(), &message);
        assert_eq!(short, &[100, 7][..]);
        assert_eq!(decompressed(&rle, short, 100).unwrap(), &message[..]);
    }
    assert_eq!(made.load(Ordering::Relaxed), 2); // one to write, one to read
}

#[test]
fn working_memory_that_failed_is_not_used_again() {
    let rle = Rle::default();
    let made = Arc::clone(&rle.made);
    let rle = Pooled::new(rle);
    for failed in 1..=3 {
        let read = decompressed(&rle, &b"\x01"[..], 100);
        assert!(matches!(read, Err(DecompressError::Corrupt(_))));
        assert_eq!(made.load(Ordering::Relaxed), failed);
    }
}

#[test]
fn a_limit_that_an_encoding_does_not_heed_holds() {
    //
    let read = decompressed(&Rle::pooled(), &[3, 7][..], 2);
    assert!(matches!(read, Err(DecompressError::OverLimit)));
}
