//! Compressed messages: bounded, and the same from a state that was used for others.
#![no_main]

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use ziggurat_protocol::compression::{DecompressError, Encodings, Pooled};

const LIMIT: usize = 64 * 1024;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    encoding: u8,
    message: &'a [u8],
}

static USED: LazyLock<Encodings> = LazyLock::new(Encodings::built_in);

fn pick(encodings: &Encodings, number: u8) -> &Pooled {
    let encodings = encodings.as_slice();
    &encodings[usize::from(number) % encodings.len()]
}

/// The message, or whether it was too long.
fn decompress(encoding: &Pooled, message: &[u8], limit: usize) -> Result<BytesMut, bool> {
    let mut output = BytesMut::new();
    match encoding.decompress(Bytes::copy_from_slice(message), &mut output, limit) {
        Ok(()) => {
            assert!(output.len() <= limit);
            Ok(output)
        }
        Err(DecompressError::OverLimit) => Err(true),
        Err(DecompressError::Corrupt(_)) => Err(false),
        Err(other) => panic!("an error that this target does not know: {other}"),
    }
}

fuzz_target!(|input: Input<'_>| {
    let used = pick(&USED, input.encoding);
    let told = decompress(used, input.message, LIMIT);
    let fresh = Encodings::built_in();
    assert_eq!(
        decompress(pick(&fresh, input.encoding), input.message, LIMIT),
        told
    );

    let mut compressed = BytesMut::new();
    used.compress(input.message, &mut compressed)
        .expect("it is written to memory");
    let back = decompress(used, &compressed, input.message.len());
    assert_eq!(back.as_deref(), Ok(input.message));
});
