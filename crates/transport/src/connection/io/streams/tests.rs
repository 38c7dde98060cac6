//! Whose frames are counted, and when a stream goes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};
use std::task::Waker;

use super::{
    super::{
        head::{DATA, END_STREAM, HEADERS, Head, PADDED, RST_STREAM},
        watch::{Fate, Reader, SMALL, Watch},
    },
    COUNTED, FrameLimits, ROW, Streams,
};

const LIMIT: u32 = 3;

#[derive(Debug, Default)]
struct Probe {
    taken: AtomicU32,
    is_gone: AtomicBool,
    flooded: AtomicU32,
}

impl Reader for Probe {
    fn taken(&self) -> u32 {
        self.taken.load(Ordering::Relaxed)
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
    Streams::new(limits, Waker::noop().clone())
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
    let mut streams = Streams::new(limits, Waker::noop().clone());
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
