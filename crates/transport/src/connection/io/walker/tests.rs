//! What is kept of frames, however they are cut.

use super::{
    super::head::{ACK, DATA, END_STREAM, GOAWAY, HEADERS, Head, PADDED, SETTINGS},
    Fate, MERGED, News, SMALL, Walker, Watch,
};

/// What was told, in its order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told(Vec<(Head, Fate)>);

impl Watch for Told {
    fn frame(&mut self, head: &Head, fate: Fate) {
        self.0.push((*head, fate));
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let head = Head {
        length: payload.len(),
        kind,
        flags,
        stream,
    };
    let mut bytes = vec![0; Head::LEN];
    head.write(&mut bytes);
    bytes.extend_from_slice(payload);
    bytes
}

fn data(stream: u32, payload: &[u8]) -> Vec<u8> {
    frame(DATA, 0, stream, payload)
}

fn last(stream: u32, payload: &[u8]) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, payload)
}

/// What is kept of bytes that are read in these pieces.
fn kept<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Told) {
    let (mut walker, mut told) = (Walker::default(), Told::default());
    let mut kept = Vec::new();
    for piece in pieces {
        let mut bytes = [walker.held(), piece].concat();
        let count = walker.walk(&mut bytes, &mut told);
        kept.extend_from_slice(&bytes[..count]);
    }
    (kept, told)
}

fn whole(bytes: &[u8]) -> Vec<u8> {
    kept([bytes]).0
}

/// What a stream's DATA says, whatever its frames: the bytes, and whether it ended.
fn bodies(mut bytes: &[u8]) -> Vec<(u32, Vec<u8>, bool)> {
    let mut bodies: Vec<(u32, Vec<u8>, bool)> = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk() {
        let head = Head::parse(*head);
        let (payload, rest) = rest.split_at(head.length);
        bytes = rest;
        if head.kind != DATA {
            continue;
        }
        let end = head.flags & END_STREAM != 0;
        match bodies.iter_mut().find(|body| body.0 == head.stream) {
            Some((_, body, ended)) => {
                body.extend_from_slice(payload);
                *ended |= end;
            }
            None => bodies.push((head.stream, payload.to_vec(), end)),
        }
    }
    bodies
}

#[test]
fn a_head_is_written_as_it_was_read() {
    let bytes = [1, 2, 3, 4, 5, 0x7f, 7, 8, 9];
    let head = Head::parse(bytes);
    assert_eq!(head.length, 0x01_02_03);
    assert_eq!((head.kind, head.flags), (4, 5));
    assert_eq!(head.stream, 0x7f_07_08_09);
    let mut written = [0; Head::LEN];
    head.write(&mut written);
    assert_eq!(written, bytes);
}

#[test]
fn small_frames_of_a_stream_become_one() {
    //
    let frames = [data(1, b"la"), data(1, b"tt"), last(1, b"e")].concat();
    assert_eq!(whole(&frames), last(1, b"latte"));
    let frames = [data(1, b"latte"), last(1, b"")].concat();
    assert_eq!(whole(&frames), last(1, b"latte"));
}

#[test]
fn empty_frames_go() {
    // A-45, L-22
    let frames = [data(1, b""), data(1, b"la"), data(1, b""), data(1, b"tte")].concat();
    assert_eq!(whole(&frames), data(1, b"latte"));
    assert_eq!(whole(&data(1, b"")), b"");
    assert_eq!(whole(&last(1, b"")), last(1, b""));
}

#[test]
fn what_is_not_alike_stays_as_it_is() {
    let padded = frame(DATA, PADDED, 1, &[1, 7, 0]);
    let table = [
        [data(1, b"a"), data(3, b"b"), data(1, b"c")].concat(),
        [data(1, b"a"), padded.clone(), data(1, b"c")].concat(),
        [padded.clone(), padded].concat(),
        [frame(DATA, PADDED, 1, &[0]), data(1, b"a")].concat(),
        [data(1, b"a"), frame(HEADERS, 5, 1, b"h")].concat(),
        [data(1, b"a"), frame(6, 0, 0, &[0; 8]), data(1, b"b")].concat(),
        // Not what HTTP/2 allows, which h2 is to find.
        [last(1, b"a"), data(1, b"b")].concat(),
        data(0, b""),
        [data(0, b"a"), data(0, b"b")].concat(),
    ];
    for frames in table {
        assert_eq!(whole(&frames), frames);
    }
}

#[test]
fn long_frames_stay_as_they_are() {
    let frames = [data(1, b"a"), data(1, &[7; SMALL + 1])].concat();
    assert_eq!(whole(&frames), frames);
    let small = data(1, &[7; SMALL]);
    let frames = small.repeat(MERGED / SMALL + 1);
    let expected = [data(1, &[7; MERGED]), small].concat();
    assert!(whole(&frames) == expected);
}

#[test]
fn a_frame_that_is_not_there_whole_keeps_nobody_waiting() {
    let frames = [data(1, b"latte"), data(1, b"mocha")].concat();
    let (kept, _) = kept([&frames[..frames.len() - 1], &frames[frames.len() - 1..]]);
    assert_eq!(kept, frames);
}

#[test]
fn cuts_change_no_body_and_no_other_frame() {
    //
    let frames = [
        frame(4, 0, 0, &[0; 6]),
        frame(HEADERS, 4, 1, b"head"),
        data(1, b""),
        data(1, b"one"),
        data(1, b"two"),
        data(3, b"other"),
        data(3, b""),
        frame(DATA, PADDED, 3, &[2, 1, 0, 0]),
        last(3, b"x"),
        frame(GOAWAY, 0, 0, &[0; 8]),
        data(1, b"three"),
        frame(HEADERS, 5, 1, b"end"),
    ];
    let bytes = frames.concat();
    let others = |told: &Told| {
        let heads = told.0.iter().map(|(head, _)| *head);
        heads.collect::<Vec<_>>()
    };
    let (once, told) = kept([&*bytes]);
    let every_byte = kept(bytes.chunks(1));
    assert_eq!(bodies(&once), bodies(&every_byte.0));
    assert_eq!(others(&told), others(&every_byte.1));
    assert_eq!(told.0.len(), frames.len());
    for first in 0..bytes.len() {
        for second in first..bytes.len() {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            let (kept, told_then) = kept(pieces);
            assert_eq!(bodies(&kept), bodies(&once), "cut at {first} and {second}");
            assert_eq!(others(&told_then), others(&told));
        }
    }
}

#[test]
fn a_head_without_room_is_passed_on_as_it_is() {
    let bytes = data(1, b"");
    for cut in 1..Head::LEN {
        for given in 1..=cut {
            let (mut walker, mut told) = (Walker::default(), Told::default());
            let mut first = bytes[..cut].to_vec();
            assert_eq!(walker.walk(&mut first, &mut told), 0);
            assert_eq!(walker.held(), &bytes[..cut]);

            let mut kept = walker.held()[..given].to_vec();
            walker.let_go(given);
            let mut rest = [walker.held(), &bytes[cut..], &data(1, b"a")].concat();
            let count = walker.walk(&mut rest, &mut told);
            kept.extend_from_slice(&rest[..count]);
            assert_eq!(kept, [&*bytes, &data(1, b"a")].concat(), "{given} of {cut}");
            assert_eq!(told.0.len(), 2);
        }
    }
}

#[test]
fn of_a_refused_stream_the_end_is_left() {
    let frames = [
        data(1, b"a"),
        data(3, b"a"),
        data(1, b"latte"),
        frame(DATA, PADDED, 1, &[1, 7, 0]),
        data(3, b"b"),
        frame(DATA, PADDED | END_STREAM, 1, &[0, 7]),
        data(3, b"c"),
    ];
    let bytes = frames.concat();
    let expected = [last(1, b""), data(3, b"c")].concat();
    for cut in 0..bytes.len() {
        let (mut walker, mut told) = (Walker::default(), Told::default());
        walker.refuse(1);
        let mut kept = Vec::new();
        for piece in [&bytes[..cut], &bytes[cut..]] {
            let mut bytes = [walker.held(), piece].concat();
            let count = walker.walk(&mut bytes, &mut told);
            kept.extend_from_slice(&bytes[..count]);
        }
        assert!(kept.ends_with(&expected), "cut at {cut}");
        assert_eq!(
            bodies(&kept),
            bodies(&[data(3, b"abc"), last(1, b"")].concat())
        );
        assert!(walker.refused.is_empty());
        assert_eq!(told.0.len(), frames.len());
    }
    let trailers = frame(HEADERS, 5, 1, b"h");
    let mut walker = Walker::default();
    walker.refuse(1);
    let mut bytes = [data(1, b"a"), trailers.clone()].concat();
    let count = walker.walk(&mut bytes, &mut Told::default());
    assert_eq!(bytes[..count], trailers);
}

#[test]
fn news_are_seen_at_the_head_and_told_at_the_end() {
    // A-110, L-24
    for (kind, news) in [(GOAWAY, News::GoAway), (SETTINGS, News::Settings)] {
        let bytes = frame(kind, 0, 0, &[0; 8]);
        let (mut walker, mut told) = (Walker::default(), Told::default());
        walker.walk(&mut bytes[..8].to_vec(), &mut told);
        assert_eq!(
            (walker.news(), walker.take_news()),
            (News::None, News::None)
        );
        let mut rest = [walker.held(), &bytes[8..10]].concat();
        walker.walk(&mut rest, &mut told);
        assert_eq!((walker.news(), walker.take_news()), (news, News::None));
        walker.walk(&mut bytes[10..].to_vec(), &mut told);
        assert_eq!(walker.take_news(), news);
        assert_eq!(walker.take_news(), News::None);
    }
    let (mut walker, mut told) = (Walker::default(), Told::default());
    walker.walk(&mut frame(SETTINGS, ACK, 0, &[]), &mut told);
    assert_eq!(walker.take_news(), News::None);
}
