//! What h2 writes, in every way to cut it, and what goes out.

use std::io::IoSlice;

use fastrand::Rng;

use super::{
    super::head::{CONTINUATION, DATA, HEADERS, RST_STREAM, SETTINGS},
    Grant, Next, Outgoing, first, with_window,
};

fn update(stream: u32, bytes: u32) -> Vec<u8> {
    super::update(Grant { stream, bytes }).to_vec()
}

const MAGIC: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let stream = stream.to_be_bytes();
    [&length[..], &[kind, flags], &stream, payload].concat()
}

/// No server push, this initial window, frames of 16 KiB.
fn settings(window: u32) -> Vec<u8> {
    let payload = [
        &[0, 2, 0, 0, 0, 0, 0, 4][..],
        &window.to_be_bytes(),
        &[0, 5, 0, 0, 64, 0],
    ];
    frame(SETTINGS, 0, 0, &payload.concat())
}

/// Writes all of it as h2 does, to a stream that takes as much as it likes of what it is given; returns what went out.
fn through(outgoing: &mut Outgoing, written: &[u8], rng: &mut Rng) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), written);
    while !rest.is_empty() {
        let slices = [IoSlice::new(&[]), IoSlice::new(rest)];
        let count = match outgoing.next(&slices) {
            Next::All(count, _) => {
                assert_eq!(count, rest.len());
                rng.usize(1..=count)
            }
            Next::First(count) => rng.usize(1..=count),
            Next::Omit(count) => {
                rest = &rest[count..];
                continue;
            }
            Next::Settings(count) => {
                out.extend(with_window(&first(count, &slices)));
                rest = &rest[count..];
                continue;
            }
        };
        match outgoing.next(&slices) {
            Next::All(all, after) if all == count => *outgoing = after,
            _ => outgoing.passed(&slices, count),
        }
        out.extend(&rest[..count]);
        rest = &rest[count..];
    }
    out
}

#[test]
fn our_windows_are_told_in_place_of_h2s_however_it_is_cut() {
    // T-16
    // Looks like a WINDOW_UPDATE, and like SETTINGS.
    let payload = [&update(1, 7)[..], &settings(9)].concat();
    let kept = [
        update(0, 1 << 30),
        frame(HEADERS, 0, 1, b"fields"),
        frame(CONTINUATION, 4, 1, b""),
        frame(DATA, 1, 1, &payload),
        frame(SETTINGS, 1, 0, b""),
        frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]),
    ];
    let others: Vec<u8> = kept
        .iter()
        .flat_map(|kept| [kept.clone(), update(1, 99)].concat())
        .collect();
    let written = [MAGIC, &settings(3 << 20), &update(5, 3), &others].concat();
    let expected = [MAGIC, &settings(super::INITIAL), &kept.concat()].concat();
    for seed in 0..500 {
        let mut outgoing = Outgoing::new();
        let out = through(&mut outgoing, &written, &mut Rng::with_seed(seed));
        assert_eq!(out, expected, "seed {seed}");
        assert_eq!(outgoing.opened(), Some(1));
    }
}

#[test]
fn a_frame_fits_in_after_a_header_block_and_not_inside() {
    let mut outgoing = Outgoing::new();
    let mut rng = Rng::with_seed(1);
    let mut write = |outgoing: &mut Outgoing, bytes: &[u8]| {
        through(outgoing, bytes, &mut rng);
        outgoing.opened()
    };
    assert_eq!(write(&mut outgoing, &MAGIC[..23]), None);
    assert_eq!(write(&mut outgoing, &MAGIC[23..]), Some(0));
    let headers = frame(HEADERS, 1, 3, b"fields");
    for cut in 1..headers.len() {
        let mut outgoing = outgoing;
        assert_eq!(write(&mut outgoing, &headers[..cut]), None, "{cut}");
        assert_eq!(
            write(&mut outgoing, &headers[cut..]),
            None,
            "the block goes on"
        );
        assert_eq!(
            write(&mut outgoing, &frame(CONTINUATION, 4, 3, b"more")),
            Some(3)
        );
        assert_eq!(
            write(&mut outgoing, &frame(HEADERS, 5, 1, b"trailers")),
            Some(3)
        );
    }
}
