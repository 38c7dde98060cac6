//! Whose frames are counted, and when a stream goes.

use std::{
    collections::HashSet,
    iter,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::Waker,
};

use super::{
    super::{
        governor::{Governor, Grant},
        head::{DATA, END_STREAM, HEADERS, Head, PADDED, RST_STREAM},
        ids::method,
        watch::{Fate, Reader, SMALL, Watch},
        window::INITIAL,
    },
    COUNTED, FrameLimits, ROW, Streams,
};

const LIMIT: u32 = 3;

#[derive(Debug, Default)]
struct Probe {
    taken: AtomicU32,
    given_back: AtomicU64,
    method: u32,
    is_gone: AtomicBool,
    flooded: AtomicU32,
}

impl Reader for Probe {
    fn taken(&self) -> u32 {
        self.taken.load(Ordering::Relaxed)
    }

    fn given_back(&self) -> u64 {
        self.given_back.load(Ordering::Relaxed)
    }

    fn give_back(&self, bytes: usize) -> bool {
        self.given_back.fetch_add(bytes as u64, Ordering::Relaxed);
        true
    }

    fn method(&self) -> u32 {
        self.method
    }

    fn keep_back(&self, asks: &Waker) {
        asks.wake_by_ref();
    }

    fn go_on(&self) {}

    fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }

    fn flood(&self, limit: u32) {
        self.flooded.store(limit, Ordering::Relaxed);
    }
}

fn streams() -> Streams {
    let limits = FrameLimits {
        single: LIMIT,
        all: LIMIT,
    };
    Streams::new(limits, None, Waker::noop().clone())
}

fn open(streams: &mut Streams) -> Arc<Probe> {
    let probe = Arc::<Probe>::default();
    streams.open(probe.clone());
    probe
}

fn frame(streams: &mut Streams, kind: u8, flags: u8, stream: u32, fate: Fate) {
    let head = Head {
        length: 1,
        kind,
        flags,
        stream,
    };
    streams.frame(&head, fate);
}

fn data(streams: &mut Streams, stream: u32, frames: u32) {
    for _ in 0..frames {
        frame(streams, DATA, 0, stream, Fate::Kept);
    }
}

/// Whether this one, and no other, is to be ended.
fn is_flooded(streams: &mut Streams, probe: &Arc<Probe>) -> bool {
    let limit = streams.limit();
    assert_eq!(limit, LIMIT);
    let flooded: Vec<_> = streams.flooded().collect();
    for (_, reader) in &flooded {
        reader.flood(limit);
    }
    let told = probe.flooded.swap(0, Ordering::Relaxed) / LIMIT;
    assert_eq!(flooded.len(), told as usize);
    !flooded.is_empty()
}

#[test]
fn one_frame_more_than_the_limit_ends_its_own_stream() {
    let mut streams = streams();
    let probes = [open(&mut streams), open(&mut streams), open(&mut streams)];
    data(&mut streams, 1, LIMIT);
    data(&mut streams, 3, LIMIT);
    assert!(streams.flooded().next().is_none());
    data(&mut streams, 3, 1);
    assert!(is_flooded(&mut streams, &probes[1]));
    data(&mut streams, 3, 2 * LIMIT);
    assert!(streams.flooded().next().is_none(), "once");
    probes[0].taken.store(LIMIT, Ordering::Relaxed);
    data(&mut streams, 1, LIMIT);
    assert!(
        streams.flooded().next().is_none(),
        "what was taken does not count"
    );
    data(&mut streams, 1, 1);
    assert!(is_flooded(&mut streams, &probes[0]));
}

#[test]
fn what_h2_does_not_get_does_not_count() {
    let mut streams = streams();
    let _probe = open(&mut streams);
    for fate in [Fate::Merged, Fate::Dropped] {
        for _ in 0..=LIMIT {
            frame(&mut streams, DATA, 0, 1, fate);
        }
    }
    for _ in 0..=LIMIT {
        frame(&mut streams, HEADERS, 0, 1, Fate::Kept);
    }
    data(&mut streams, 2, LIMIT + 1);
    data(&mut streams, 5, LIMIT + 1);
    data(&mut streams, 0, LIMIT + 1);
    data(&mut streams, u32::MAX >> 1, LIMIT + 1);
    assert!(streams.flooded().next().is_none());
}

#[test]
fn a_stream_goes_when_the_server_ends_it() {
    let ends = [
        (DATA, END_STREAM, Fate::Kept),
        (DATA, END_STREAM, Fate::Merged),
        (HEADERS, END_STREAM, Fate::Kept),
        (RST_STREAM, 0, Fate::Kept),
    ];
    for (kind, flags, fate) in ends {
        let mut streams = streams();
        let probes = [open(&mut streams), open(&mut streams)];
        for (probe, stream) in probes.iter().zip([3, 1]) {
            frame(&mut streams, kind, flags, 4 - stream, fate);
            assert_eq!(Arc::strong_count(probe), 1);
        }
        assert!(streams.row.is_empty());
        let _next = open(&mut streams);
        assert_eq!(streams.first, 5);
    }
}

#[test]
fn old_streams_are_found_and_gone_ones_are_let_go() {
    let mut streams = streams();
    let old = open(&mut streams);
    let probes: Vec<_> = (0..10 * ROW).map(|_| open(&mut streams)).collect();
    assert_eq!(streams.row.len(), ROW);
    data(&mut streams, 1, LIMIT + 1);
    assert!(is_flooded(&mut streams, &old));
    data(&mut streams, 3, LIMIT + 1);
    assert!(is_flooded(&mut streams, &probes[0]));
    let last = 2 * u32::try_from(probes.len()).unwrap() + 1;
    data(&mut streams, last, LIMIT + 1);
    assert!(is_flooded(&mut streams, probes.last().unwrap()));

    for (number, probe) in probes.into_iter().enumerate() {
        // Those that were given up are still held by somebody; the others by nobody.
        probe.is_gone.store(true, Ordering::Relaxed);
        if number % 2 == 0 {
            std::mem::forget(probe);
        }
    }
    for _ in 0..20 * ROW {
        open(&mut streams);
    }
    assert_eq!((streams.old.len(), streams.row.len()), (0, ROW));
}

#[test]
fn who_is_told_to_be_behind_has_so_many_small_frames_to_read() {
    //
    let limits = FrameLimits {
        single: LIMIT,
        all: u32::MAX,
    };
    let mut streams = Streams::new(limits, None, Waker::noop().clone());
    let probe = open(&mut streams);
    // The count goes round.
    let start = u32::MAX - 1;
    streams.row[0].as_mut().unwrap().frames = start;
    probe.taken.store(start % COUNTED, Ordering::Relaxed);

    let small = Head {
        length: SMALL,
        kind: DATA,
        flags: 0,
        stream: 1,
    };
    let is_told = |streams: &mut Streams, head: &Head| streams.frame(head, Fate::Kept).is_some();
    for _ in 1..LIMIT {
        assert!(!is_told(&mut streams, &small));
    }
    let others = [
        Head {
            length: SMALL + 1,
            ..small
        },
        Head {
            flags: PADDED,
            ..small
        },
    ];
    for head in others {
        assert!(!is_told(&mut streams, &head));
    }
    assert!(is_told(&mut streams, &small));
    streams.given(1);
    assert!(streams.is_behind(1));
    let taken = probe.taken.load(Ordering::Relaxed);
    probe
        .taken
        .store((taken + LIMIT + 2) % COUNTED, Ordering::Relaxed);
    assert!(!streams.is_behind(1), "one is left");

    for _ in 0..LIMIT {
        streams.given(1);
    }
    assert!(streams.is_behind(1));
    probe.is_gone.store(true, Ordering::Relaxed);
    assert!(!streams.is_behind(1) && !is_told(&mut streams, &small));
    assert!(!streams.is_behind(3) && !streams.is_behind(2));
}

#[test]
fn who_took_more_than_came_is_not_behind() {
    let mut streams = streams();
    let probe = open(&mut streams);
    probe.taken.store(5, Ordering::Relaxed);
    data(&mut streams, 1, LIMIT + 1);
    assert!(streams.flooded().next().is_none());
    assert!(!streams.is_behind(1));
}

const MOST: u32 = 2 * 1024 * 1024;
/// Two such frames fit in an initial window, and make a large one of it.
const LARGE: usize = 9_000;

fn governed() -> Streams {
    Streams::new(
        FrameLimits::ANY,
        Some(Governor::new(MOST)),
        Waker::noop().clone(),
    )
}

fn open_of(streams: &mut Streams, method: u32) -> (u32, Arc<Probe>) {
    let probe = Arc::new(Probe {
        method,
        ..Probe::default()
    });
    (streams.open(probe.clone()), probe)
}

/// Frames of a stream come, and are read.
fn flow(streams: &mut Streams, stream: u32, probe: &Probe, (bytes, count): (usize, usize)) {
    for _ in 0..count {
        let head = Head {
            length: bytes,
            kind: DATA,
            flags: 0,
            stream,
        };
        streams.frame(&head, Fate::Kept);
        probe.give_back(bytes);
    }
    streams.grant(stream);
}

/// What is told of the streams up to this one.
fn told(streams: &mut Streams, opened: u32) -> Vec<(u32, u32)> {
    iter::from_fn(|| streams.next_grant(opened))
        .map(|Grant { stream, bytes }| (stream, bytes))
        .collect()
}

#[test]
fn grants_wait_for_their_stream_and_end_with_it() {
    let mut streams = governed();
    let (first, probe) = open_of(&mut streams, 7);
    assert_eq!((first, told(&mut streams, first)), (1, vec![]));
    flow(&mut streams, first, &probe, (LARGE, 2));
    assert_eq!(told(&mut streams, 0), []);
    let granted = MOST + 2 * 9_000 - INITIAL;
    assert_eq!(told(&mut streams, first), [(first, granted)]);
    assert_eq!(told(&mut streams, first), []);

    // The server ends it, or nobody reads it any more, before it was told.
    probe.give_back(MOST as usize);
    assert!(streams.grant(first));
    frame(&mut streams, HEADERS, END_STREAM, first, Fate::Kept);
    assert_eq!(told(&mut streams, first), []);
    assert!(!streams.grant(first));
    let (second, probe) = open_of(&mut streams, 7);
    probe.is_gone.store(true, Ordering::Relaxed);
    assert_eq!(told(&mut streams, second), []);
    assert!(!streams.grant(second));
}

#[test]
fn a_stream_starts_with_the_least_that_its_method_has_shown() {
    let mut streams = governed();
    let (first, probe) = open_of(&mut streams, 7);
    flow(&mut streams, first, &probe, (LARGE, 2));
    told(&mut streams, first);
    let (second, probe) = open_of(&mut streams, 7);
    assert_eq!(told(&mut streams, second), [(second, MOST - INITIAL)]);
    let (other, _probe) = open_of(&mut streams, 8);
    assert_eq!(told(&mut streams, other), []);

    flow(&mut streams, second, &probe, (10, 1_800));
    flow(&mut streams, second, &probe, (LARGE, 2));
    told(&mut streams, other);
    let (third, _probe) = open_of(&mut streams, 7);
    assert_eq!(told(&mut streams, third), []);
}

#[test]
fn methods_that_share_a_place_forget_each_other() {
    let mut streams = governed();
    for method in [1, 2, 1] {
        let (stream, probe) = open_of(&mut streams, method);
        assert_eq!(told(&mut streams, stream), []);
        flow(&mut streams, stream, &probe, (LARGE, 2));
        told(&mut streams, stream);
    }
}

#[test]
fn padding_is_given_back_unread() {
    let mut streams = governed();
    let (stream, probe) = open_of(&mut streams, 7);
    for _ in 0..256 {
        streams.padding(stream, 256);
    }
    assert_eq!(probe.given_back(), 65_536);
    let told: u32 = told(&mut streams, stream).iter().map(|told| told.1).sum();
    assert!((65_536 - INITIAL / 4..=65_536).contains(&told), "{told}");
}

#[test]
fn merged_and_dropped_frames_make_windows_small() {
    let mut streams = governed();
    let (stream, probe) = open_of(&mut streams, 7);
    let (half, head) = (LARGE / 2, |length| Head {
        length,
        kind: DATA,
        flags: 0,
        stream,
    });
    for _ in 0..6 {
        streams.frame(&head(half), Fate::Kept);
        for _ in 0..999 {
            streams.frame(&head(0), Fate::Dropped);
        }
        streams.frame(&head(1), Fate::Merged);
        probe.give_back(half + 1);
    }
    streams.grant(stream);
    let told = told(&mut streams, stream);
    assert!(told.iter().all(|told| told.1 <= INITIAL), "{told:?}");
}

#[test]
fn paths_differ() {
    let paths = [
        "",
        "/",
        "/cafe.CoffeeMachine/MakeLatte",
        "/cafe.CoffeeMachine/Watch",
        "/cafe.CoffeeMachine/Upload",
    ];
    let methods: HashSet<_> = paths.into_iter().map(method).collect();
    assert_eq!(methods.len(), paths.len());
}
