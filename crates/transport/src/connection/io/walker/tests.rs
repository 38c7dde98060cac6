//! What is kept of frames, however they are cut.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use tokio::io::ReadBuf;

use super::{
    super::{
        backlog::LONGEST,
        head::{
            ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, Head, PADDED,
            RST_STREAM, SETTINGS,
        },
        watch::{Fate, Reader, SMALL, Watch},
    },
    News, Walker,
};

/// What was told, in its order.
#[derive(Debug, Default)]
struct Told {
    frames: Vec<(Head, Fate)>,
    /// Whose padding, and how long it is.
    padding: Vec<(u32, usize)>,
    /// The readers of these streams are behind from their first DATA on.
    behind: Vec<(u32, Arc<Slow>)>,
    /// Whose frames were given, of what was kept back.
    given: Vec<u32>,
}

/// A reader that is behind until a test says that it is not.
#[derive(Debug, Default)]
struct Slow {
    has_caught_up: AtomicBool,
    is_kept_back: AtomicBool,
}

impl Reader for Slow {
    fn taken(&self) -> u32 {
        0
    }

    fn given_back(&self) -> u64 {
        0
    }

    fn give_back(&self, _: usize) -> bool {
        false
    }

    fn method(&self) -> u32 {
        0
    }

    fn keep_back(&self, _: &Waker) {
        self.is_kept_back.store(true, Ordering::Relaxed);
    }

    fn go_on(&self) {
        self.is_kept_back.store(false, Ordering::Relaxed);
    }

    fn is_gone(&self) -> bool {
        false
    }

    fn flood(&self, _: u32) {}
}

impl Told {
    fn behind(streams: &[u32]) -> Self {
        Self {
            behind: streams.iter().map(|id| (*id, Arc::default())).collect(),
            ..Self::default()
        }
    }

    fn slow(&self, stream: u32) -> Option<&Arc<Slow>> {
        let behind = self.behind.iter().find(|(id, _)| *id == stream);
        behind.map(|(_, slow)| slow)
    }
}

impl Watch for Told {
    fn frame(&mut self, head: &Head, fate: Fate) -> Option<Arc<dyn Reader>> {
        self.frames.push((*head, fate));
        if fate != Fate::Kept || !head.is_plain_data() || head.ends_stream() {
            return None;
        }
        let slow = self.slow(head.stream)?.clone();
        if !self.is_behind(head.stream) {
            return None;
        }
        slow.keep_back(Waker::noop());
        Some(slow)
    }

    fn padding(&mut self, stream: u32, bytes: usize) {
        self.padding.push((stream, bytes));
    }

    fn given(&mut self, stream: u32) {
        self.given.push(stream);
    }

    fn is_behind(&self, stream: u32) -> bool {
        self.slow(stream)
            .is_some_and(|slow| !slow.has_caught_up.load(Ordering::Relaxed))
    }
}

/// What h2 is given of a piece.
fn walk(walker: &mut Walker, piece: &[u8], told: &mut Told) -> Vec<u8> {
    let mut bytes = [walker.held(), piece].concat();
    let count = walker.walk(&mut bytes, told);
    bytes.truncate(count);
    bytes.extend(given(walker));
    bytes
}

/// What waits to be given.
fn given(walker: &mut Walker) -> Vec<u8> {
    let mut given = Vec::new();
    let mut buf = [0; 100];
    let mut buf = ReadBuf::new(&mut buf);
    while walker.give(&mut buf) {
        given.extend_from_slice(buf.filled());
        buf.clear();
    }
    given
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let head = Head {
        length: payload.len(),
        kind,
        flags,
        stream,
    };
    [&head.bytes(), payload].concat()
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
        kept.extend(walk(&mut walker, piece, &mut told));
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
fn what_is_read_tells_whether_more_is_to_be_expected() {
    // T-14: memory to read ahead is kept so long.
    const PING: u8 = 6;
    let headers = |flags| frame(HEADERS, END_HEADERS | flags, 1, b"block");
    let padded = |flags| frame(DATA, PADDED | flags, 1, b"\x02latte\0\0");
    let table: [(&str, Vec<Vec<u8>>, bool); 19] = [
        ("nothing", vec![], false),
        ("a head without its end", vec![headers(0)[..5].into()], true),
        ("HEADERS that are cut", vec![headers(0)[..11].into()], true),
        (
            "a head whose payload is to come",
            vec![headers(0)[..9].into()],
            true,
        ),
        ("HEADERS", vec![headers(0)], false),
        ("HEADERS, the last", vec![headers(END_STREAM)], false),
        ("DATA", vec![data(1, b"latte")], true),
        (
            "DATA that is cut",
            vec![data(1, b"latte")[..12].into()],
            true,
        ),
        ("DATA, the last", vec![last(1, b"latte")], false),
        (
            "DATA, the last, cut",
            vec![last(1, b"latte")[..12].into()],
            true,
        ),
        ("an empty end", vec![data(1, b"latte"), last(1, b"")], false),
        (
            "an empty frame, which is left out",
            vec![data(1, b"")],
            true,
        ),
        (
            "DATA, put behind other",
            vec![data(1, b"lat"), data(1, b"te")],
            true,
        ),
        ("padding", vec![padded(0)], true),
        ("padding, the last", vec![padded(END_STREAM)], false),
        (
            "trailers",
            vec![data(1, b"latte"), headers(END_STREAM)],
            false,
        ),
        (
            "DATA, and another stream's end",
            vec![data(1, b"latte"), last(3, b"mocha")],
            false,
        ),
        (
            "DATA, and a reset",
            vec![data(1, b"latte"), frame(RST_STREAM, 0, 1, &[0; 4])],
            false,
        ),
        (
            "DATA, and a PING",
            vec![data(1, b"latte"), frame(PING, 0, 0, &[0; 8])],
            false,
        ),
    ];
    for (what, frames, expected) in table {
        let mut walker = Walker::default();
        let bytes = frames.concat();
        walk(&mut walker, &bytes, &mut Told::default());
        assert_eq!(walker.expects_more(), expected, "{what}");
        // And however it is cut: by the last frame of the bytes that came.
        let mut walker = Walker::default();
        for byte in &bytes {
            walk(&mut walker, &[*byte], &mut Told::default());
        }
        assert_eq!(walker.expects_more(), expected, "{what}, byte by byte");
    }
    // What nobody reads any more is on its way all the same.
    let mut walker = Walker::default();
    walker.refuse(1);
    walk(&mut walker, &data(1, b"latte"), &mut Told::default());
    assert!(walker.expects_more());
    walk(&mut walker, &last(1, b"latte"), &mut Told::default());
    assert!(!walker.expects_more());
}

#[test]
fn a_head_is_written_as_it_was_read() {
    let bytes = [1, 2, 3, 4, 5, 0x7f, 7, 8, 9];
    let head = Head::parse(bytes);
    assert_eq!(head.length, 0x01_02_03);
    assert_eq!((head.kind, head.flags), (4, 5));
    assert_eq!(head.stream, 0x7f_07_08_09);
    assert_eq!(head.bytes(), bytes);
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
    let frames = small.repeat(LONGEST / SMALL + 1);
    let expected = [data(1, &[7; LONGEST]), small].concat();
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
        let heads = told.frames.iter().map(|(head, _)| *head);
        heads.collect::<Vec<_>>()
    };
    let (once, told) = kept([&*bytes]);
    let every_byte = kept(bytes.chunks(1));
    assert_eq!(bodies(&once), bodies(&every_byte.0));
    assert_eq!(others(&told), others(&every_byte.1));
    assert_eq!(told.frames.len(), frames.len());
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
            kept.extend(walk(&mut walker, piece, &mut told));
        }
        assert!(kept.ends_with(&expected), "cut at {cut}");
        assert_eq!(
            bodies(&kept),
            bodies(&[data(3, b"abc"), last(1, b"")].concat())
        );
        assert!(walker.refused.is_empty());
        assert_eq!(told.frames.len(), frames.len());
    }
    let trailers = frame(HEADERS, 5, 1, b"h");
    let mut walker = Walker::default();
    walker.refuse(1);
    let bytes = [data(1, b"a"), trailers.clone()].concat();
    let kept = walk(&mut walker, &bytes, &mut Told::default());
    assert_eq!(kept, trailers);
}

#[test]
fn news_are_seen_at_the_head_and_told_at_the_end() {
    // A-110, L-24
    for (kind, news) in [(GOAWAY, News::GoAway), (SETTINGS, News::Settings)] {
        let bytes = frame(kind, 0, 0, &[0; 8]);
        let (mut walker, mut told) = (Walker::default(), Told::default());
        walk(&mut walker, &bytes[..8], &mut told);
        assert_eq!(
            (walker.news(), walker.take_news()),
            (News::None, News::None)
        );
        walk(&mut walker, &bytes[8..10], &mut told);
        assert_eq!((walker.news(), walker.take_news()), (news, News::None));
        walk(&mut walker, &bytes[10..], &mut told);
        assert_eq!(walker.take_news(), news);
        assert_eq!(walker.take_news(), News::None);
    }
    let (mut walker, mut told) = (Walker::default(), Told::default());
    walk(&mut walker, &frame(SETTINGS, ACK, 0, &[]), &mut told);
    assert_eq!(walker.take_news(), News::None);
}

/// What h2 is given, cut in two at each place, always the same as when it is read at once.
fn whole_from_behind(frames: &[Vec<u8>], behind: &[u32]) -> Vec<u8> {
    let bytes = frames.concat();
    let walk_in = |pieces: &[&[u8]]| {
        let (mut walker, mut told) = (Walker::default(), Told::behind(behind));
        let mut kept = Vec::new();
        for piece in pieces {
            kept.extend(walk(&mut walker, piece, &mut told));
        }
        assert_eq!(told.frames.len(), frames.len());
        walker.end(&mut told);
        kept.extend(given(&mut walker));
        assert!(
            told.behind
                .iter()
                .all(|(_, slow)| !slow.is_kept_back.load(Ordering::Relaxed))
        );
        kept
    };
    let whole = walk_in(&[&bytes]);
    for cut in 0..bytes.len().min(4000) {
        assert!(
            walk_in(&[&bytes[..cut], &bytes[cut..]]) == whole,
            "cut at {cut}"
        );
    }
    whole
}

#[test]
fn of_a_reader_that_is_behind_small_frames_are_gathered_across_those_of_others() {
    //
    let trailers = frame(HEADERS, END_HEADERS | END_STREAM, 1, b"t");
    let frames = [
        data(1, b"a"),
        data(3, b"b"),
        data(1, b"la"),
        data(3, b"c"),
        data(1, b""),
        data(1, b"tte"),
        frame(6, 0, 0, &[0; 8]),
        trailers.clone(),
        data(3, b"d"),
    ];
    let expected = [
        data(1, b"a"),
        data(3, b"b"),
        data(3, b"c"),
        frame(6, 0, 0, &[0; 8]),
        data(1, b"latte"),
        trailers,
        data(3, b"d"),
    ];
    assert_eq!(whole_from_behind(&frames, &[1]), expected.concat());
}

#[test]
fn what_is_kept_back_goes_before_the_end_and_before_what_cannot_be_gathered() {
    //
    let padded = frame(DATA, PADDED, 1, &[1, 7, 0]);
    let ends = [
        last(1, b""),
        frame(DATA, PADDED | END_STREAM, 1, &[1, 7, 0]),
        frame(HEADERS, END_STREAM, 1, b"more to come"),
        frame(HEADERS, 0, 1, b"no end, which h2 is to find"),
        frame(RST_STREAM, 0, 1, &[0; 4]),
        padded,
    ];
    for end in ends {
        let rest = frame(CONTINUATION, END_HEADERS, 1, b"rest");
        let frames = [
            data(1, b"a"),
            data(3, b"b"),
            data(1, b"c"),
            end.clone(),
            rest.clone(),
        ];
        let expected = match &end {
            end if *end == last(1, b"") => {
                [data(1, b"a"), data(3, b"b"), last(1, b"c"), rest].concat()
            }
            _ => [data(1, b"a"), data(3, b"b"), data(1, b"c"), end, rest].concat(),
        };
        assert_eq!(whole_from_behind(&frames, &[1]), expected);
    }
}

#[test]
fn a_frame_is_given_when_it_is_full() {
    let frames = [data(1, b"a"), data(3, b"b")]
        .into_iter()
        .chain((0..2 * LONGEST / 1000).map(|_| data(1, &[7; 1000])))
        .chain([data(1, &[7; LONGEST])])
        .collect::<Vec<_>>();
    let whole = whole_from_behind(&frames, &[1]);
    let full = data(1, &[7; LONGEST]);
    let left = 2 * LONGEST / 1000 * 1000 - LONGEST;
    let expected = [
        data(1, b"a"),
        data(3, b"b"),
        full.clone(),
        full,
        data(1, &vec![7; left]),
    ];
    assert!(whole == expected.concat());
}

#[test]
fn a_reader_that_asks_is_given_what_there_is_between_two_frames() {
    let (mut walker, mut told) = (Walker::default(), Told::behind(&[1]));
    let other = data(3, b"other");
    let frames = [
        data(1, b"a"),
        data(3, b"b"),
        data(1, b"c"),
        other[..11].to_vec(),
    ]
    .concat();
    let kept = walk(&mut walker, &frames, &mut told);
    assert_eq!(
        kept,
        [data(1, b"a"), data(3, b"b"), other[..11].to_vec()].concat()
    );

    // It still has something to read.
    walker.ask(&mut told);
    let kept = walk(&mut walker, &[], &mut told);
    assert_eq!(kept, b"");

    told.slow(1)
        .unwrap()
        .has_caught_up
        .store(true, Ordering::Relaxed);
    walker.ask(&mut told);
    assert_eq!(given(&mut walker), b"", "in the middle of a frame");
    let kept = walk(&mut walker, &other[11..], &mut told);
    assert_eq!(kept, [&other[11..], &data(1, b"c")].concat());
    assert!(!told.slow(1).unwrap().is_kept_back.load(Ordering::Relaxed));
    assert_eq!(told.given, [1]);
    assert_eq!(walk(&mut walker, &data(1, b"d"), &mut told), data(1, b"d"));
}

#[test]
fn in_the_middle_of_a_frame_of_its_own_it_is_given_what_came() {
    let (mut walker, mut told) = (Walker::default(), Told::behind(&[1]));
    walk(&mut walker, &data(1, b"a"), &mut told);
    for (frame, expected) in [
        (data(1, b"latte"), [data(1, b"la"), data(1, b"tte")]),
        (
            last(1, b"mocha"),
            [data(1, b"mo"), [data(1, b"cha"), last(1, b"")].concat()],
        ),
    ] {
        told.slow(1)
            .unwrap()
            .has_caught_up
            .store(false, Ordering::Relaxed);
        walk(&mut walker, &data(1, b"a"), &mut told);
        let begun = walk(&mut walker, &frame[..11], &mut told);
        told.slow(1)
            .unwrap()
            .has_caught_up
            .store(true, Ordering::Relaxed);
        walker.ask(&mut told);
        let asked = [begun, given(&mut walker)].concat();
        assert!(asked.ends_with(&expected[0][9..]), "{asked:?}");
        assert_eq!(walk(&mut walker, &frame[11..], &mut told), expected[1]);
    }
}

#[test]
fn nothing_comes_between_the_parts_of_a_header_block() {
    //
    let begin = frame(HEADERS, 0, 3, b"begin");
    let end = frame(CONTINUATION, END_HEADERS, 3, b"end");
    let (mut walker, mut told) = (Walker::default(), Told::behind(&[1]));
    let frames = [data(1, b"a"), data(1, b"b"), begin.clone()].concat();
    assert_eq!(
        walk(&mut walker, &frames, &mut told),
        [data(1, b"a"), begin].concat()
    );
    told.slow(1)
        .unwrap()
        .has_caught_up
        .store(true, Ordering::Relaxed);
    walker.ask(&mut told);
    assert_eq!(given(&mut walker), b"");
    let kept = walk(&mut walker, &end, &mut told);
    assert_eq!(kept, [end, data(1, b"b")].concat());

    // What HTTP/2 forbids there, h2 is to find.
    let frames = [frame(HEADERS, 0, 3, b"begin"), data(1, b""), data(1, b"")].concat();
    assert_eq!(whole(&frames), frames);
}

#[test]
fn what_has_no_room_is_given_later() {
    let frames = [data(1, b"la"), data(1, b""), data(1, b"tte")];
    let (mut walker, mut told) = (Walker::default(), Told::default());
    walker.go_aside();
    let mut bytes = frames.concat();
    assert_eq!(walker.walk(&mut bytes, &mut told), 0);
    assert_eq!(
        given(&mut walker),
        [data(1, b"la"), data(1, b"tte")].concat()
    );
    assert_eq!(
        walk(&mut walker, &frames.concat(), &mut told),
        data(1, b"latte")
    );
}

#[test]
fn padding_is_told_however_it_is_cut() {
    //
    let frames = [
        data(1, b"latte"),
        frame(DATA, PADDED, 1, &[2, 7, 0, 0]),
        frame(DATA, PADDED, 3, &[0]),
        frame(DATA, PADDED | END_STREAM, 5, &[255; 256]),
        // Not what HTTP/2 allows, which h2 is to find.
        frame(DATA, PADDED, 7, &[]),
        data(7, &[9]),
        frame(HEADERS, PADDED, 9, &[3, 0, 0, 0]),
    ];
    let bytes = frames.concat();
    for cut in 0..bytes.len() {
        let (_, told) = kept([&bytes[..cut], &bytes[cut..]]);
        assert_eq!(told.padding, [(1, 3), (3, 1), (5, 256)], "cut at {cut}");
    }
    assert_eq!(kept(bytes.chunks(1)).1.padding, [(1, 3), (3, 1), (5, 256)]);
    let (mut walker, mut told) = (Walker::default(), Told::default());
    walker.refuse(1);
    walker.walk(&mut frames[1].clone(), &mut told);
    assert_eq!(told.padding, [], "it is not kept");
}
