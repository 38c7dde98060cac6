//! Short messages that would become a gibibyte of zeros.

use super::*;

const LIMIT: usize = cases(4 * 1024 * 1024, 2 * 1024);

fn stops_at_the_limit(encoding: impl Into<Pooled>, bomb: &Bytes) {
    let (encoding, mut output) = (encoding.into(), BytesMut::new());
    for limit in [0, 1, 1000, LIMIT] {
        output.clear();
        let read = encoding.decompress(bomb.clone(), &mut output, limit);
        assert!(
            matches!(read, Err(DecompressError::OverLimit)),
            "{encoding:?}: {read:?}"
        );
        assert!(
            output.capacity() <= 2 * LIMIT,
            "{encoding:?}: {}",
            output.capacity()
        );
    }
}

/// A thousand and twenty-four times a deflate block that ends on a byte.
#[cfg(any(feature = "gzip", feature = "deflate"))]
fn deflated(header: &[u8]) -> Bytes {
    use flate2::{Compress, Compression, FlushCompress};

    let (zeros, mut block) = (vec![0; LIMIT / 4], Vec::with_capacity(4096));
    let mut state = Compress::new(Compression::best(), false);
    state
        .compress_vec(&zeros, &mut block, FlushCompress::Full)
        .unwrap();
    assert!(block.len() < block.capacity());
    [header, &block.repeat(1024)].concat().into()
}

#[test]
#[cfg(feature = "gzip")]
fn gzip() {
    //
    stops_at_the_limit(Gzip::new(), &deflated(b"\x1f\x8b\x08\0\0\0\0\0\0\xff"));
}

#[test]
#[cfg(feature = "deflate")]
fn deflate() {
    //
    stops_at_the_limit(Deflate::new(), &deflated(b"\x78\xda"));
}

#[test]
#[cfg(feature = "zstd")]
fn zstd() {
    // blocks of 128 KiB that are one byte, repeated
    let block = u32::to_le_bytes(131_072 << 3 | 1 << 1);
    let block = [block[0], block[1], block[2], 0];
    let frame = b"\x28\xb5\x2f\xfd\0\x58"; // a window of 2 MiB
    let bomb = [frame, &block.repeat(8192)[..]].concat();
    stops_at_the_limit(Zstd::new(), &bomb.into());
}

#[test]
#[cfg(feature = "zstd")]
fn a_window_larger_than_readers_must_support_is_refused() {
    //
    let empty_frame = |window| {
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, window, 1, 0, 0];
        decompressed(&Zstd::new().into(), frame.to_vec(), LIMIT)
    };
    let (eight_mib, sixteen_mib) = (13 << 3, 14 << 3);
    assert_eq!(empty_frame(eight_mib).unwrap(), "");
    let read = empty_frame(sixteen_mib);
    assert!(matches!(read, Err(DecompressError::Corrupt(_))), "{read:?}");
}
