//! Whose frames are counted, and when a stream goes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use super::{
    super::{
        head::{DATA, END_STREAM, HEADERS, Head, RST_STREAM},
        walker::{Fate, Watch},
    },
    ROW, Reader, Streams,
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

    fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }

    fn flood(&self, limit: u32) {
        self.flooded.store(limit, Ordering::Relaxed);
    }
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
    let mut streams = Streams::new(LIMIT);
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
    let mut streams = Streams::new(LIMIT);
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
        let mut streams = Streams::new(LIMIT);
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
    let mut streams = Streams::new(LIMIT);
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
