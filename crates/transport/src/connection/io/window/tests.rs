//! A server, a reader and h2 around one window, in every order that chance makes.

use std::collections::VecDeque;

use fastrand::Rng;

use super::{FRAMES, INITIAL, STEP, Window, allowed};

const MOST: u32 = 2 * 1024 * 1024;
/// What h2 is given, in multiples of the most.
const SLACK: i64 = 4;

/// All that a stream's bytes pass.
struct Stream {
    window: Window,
    /// The largest that it may become.
    most: u32,
    /// What the server may send.
    credit: i64,
    /// What was granted and not told.
    due: i64,
    /// Frames that wait for the reader: payload without padding.
    waiting: VecDeque<i64>,
    /// What came, and what of it was read or is padding.
    sent: i64,
    given: i64,
    /// h2's own account: what it lets through, and what it has to tell.
    h2_window: i64,
    h2_unclaimed: i64,
}

impl Stream {
    fn new(start: u32, most: u32) -> Self {
        let mut stream = Self {
            window: Window::new(start, most),
            most,
            credit: INITIAL.into(),
            due: 0,
            waiting: VecDeque::new(),
            sent: 0,
            given: 0,
            h2_window: i64::from(most) * SLACK,
            h2_unclaimed: 0,
        };
        stream.grant();
        stream
    }

    /// Somebody looks what can be granted.
    fn grant(&mut self) {
        let granted = self.window.grant(self.given.try_into().unwrap());
        self.due += i64::from(granted.unwrap_or(0));
        assert_ne!(granted, Some(0));
    }

    /// A DATA frame comes, if the server may send it.
    fn send(&mut self, payload: i64, padding: i64) {
        let bytes = (payload + padding).min(self.credit);
        let padding = padding.min(bytes);
        let payload = bytes - padding;
        self.credit -= bytes;
        self.sent += bytes;
        assert!(self.h2_window >= bytes, "h2 would refuse it");
        self.h2_window -= bytes;
        self.window.count(bytes.try_into().unwrap());
        self.give(padding);
        self.waiting.push_back(payload);
    }

    /// The reader takes the next frame.
    fn read(&mut self) {
        if let Some(payload) = self.waiting.pop_front() {
            self.give(payload);
        }
    }

    /// Bytes need no window any more.
    fn give(&mut self, bytes: i64) {
        let step = i64::try_from(STEP).unwrap();
        let before = self.given / step;
        self.given += bytes;
        self.h2_unclaimed += bytes;
        if before < self.given / step {
            self.grant();
        }
    }

    /// The driver tells what is due.
    fn tell(&mut self) {
        self.credit += self.due;
        self.due = 0;
        let ahead = self.sent + self.credit - self.given;
        assert!(ahead <= i64::from(self.most.max(INITIAL)), "{ahead}");
    }

    /// h2 tells its own, if that is half of what is left to it.
    fn poll_h2(&mut self) {
        if self.h2_unclaimed >= self.h2_window / 2 {
            self.h2_window += self.h2_unclaimed;
            self.h2_unclaimed = 0;
        }
    }
}

/// The sizes of frames that come one after another.
fn frames(rng: &mut Rng) -> (i64, i64) {
    let payload = match rng.u8(..4) {
        0 => rng.i64(0..32),
        1 => rng.i64(0..2_000),
        _ => rng.i64(0..=16_384),
    };
    let padding = if rng.u8(..8) == 0 {
        rng.i64(1..=256)
    } else {
        0
    };
    (payload, padding)
}

#[test]
fn nothing_is_lost_and_nothing_is_refused() {
    // A-120, T-16
    for seed in 0..300 {
        let mut rng = Rng::with_seed(seed);
        let most = *rng.choice(&[100_000, 300_000, MOST, 8 * MOST]).unwrap();
        let start = rng.u32(INITIAL..=most);
        let mut stream = Stream::new(start, most);
        let (mut payload, mut padding) = frames(&mut rng);
        for _ in 0..4_000 {
            match rng.u8(..16) {
                0 => (payload, padding) = frames(&mut rng),
                1..8 => stream.send(payload, padding),
                8..14 => stream.read(),
                14 => stream.tell(),
                _ => stream.poll_h2(),
            }
        }
        while !stream.waiting.is_empty() {
            stream.read();
        }
        stream.tell();
        assert_eq!(stream.given, stream.sent, "seed {seed}");
        assert!(stream.credit >= i64::from(INITIAL / 2), "seed {seed}");
    }
}

#[test]
fn a_message_larger_than_the_window_arrives() {
    //
    for (frame, padding) in [(1, 0), (100, 0), (16_384, 0), (0, 256), (1, 256)] {
        let mut stream = Stream::new(INITIAL, MOST);
        let message = 3 * i64::from(MOST) / 2;
        for turn in 0.. {
            assert!(stream.credit > 0, "turn {turn} of {frame}");
            while stream.credit > 0 {
                stream.send(frame, padding);
            }
            while !stream.waiting.is_empty() {
                stream.read();
            }
            stream.tell();
            stream.poll_h2();
            if stream.sent > message {
                break;
            }
        }
    }
}

#[test]
fn no_more_than_two_thousand_frames_of_a_size_are_outstanding() {
    // T-16
    for frame in [13, 20, 100, 300, 1_000, 1_200, 16_384] {
        let mut stream = Stream::new(INITIAL, MOST);
        let mut largest = 0;
        for _ in 0..100 {
            let credit = stream.credit;
            largest = largest.max(credit);
            while stream.credit > 0 {
                stream.send(frame, 0);
            }
            assert!((stream.waiting.len() as u64) <= FRAMES + 1, "{frame}");
            while !stream.waiting.is_empty() {
                stream.read();
            }
            stream.tell();
            stream.poll_h2();
        }
        let allowed = (2_000 * frame).clamp(INITIAL.into(), MOST.into());
        assert!(largest > allowed * 3 / 4, "{largest} of {allowed}");
    }
}

#[test]
fn what_nobody_reads_is_bounded_by_what_was_told() {
    //
    for start in [INITIAL, MOST] {
        let mut stream = Stream::new(start, MOST);
        for _ in 0..1_000 {
            stream.send(16_384, 0);
            stream.tell();
        }
        assert_eq!(stream.sent, start.into());
    }
}

#[test]
fn a_window_is_as_large_as_its_frames_allow() {
    let table = [
        (20_000, 20_000, INITIAL),
        (26_000, 2_000, 26_000),
        (20_000, 1_000, 40_000),
        (20_000, 200, 200_000),
        (20_000, 20, 2_000_000),
        (20_000, 2, 8 * MOST),
        (u64::from(u32::MAX), 1, 8 * MOST),
    ];
    for (bytes, frames, expected) in table {
        assert_eq!(allowed(bytes, frames, 8 * MOST), expected);
    }
    assert_eq!(allowed(50_000, 3, INITIAL), INITIAL);
}

#[test]
fn the_smallest_frames_count_for_good() {
    let mut window = Window::new(INITIAL, MOST);
    let mut told = Vec::new();
    for (bytes, frames) in [(10_000, 2), (100, 180), (10, 1_800), (10_000, 4)] {
        told.extend((0..frames).filter_map(|_| window.count(bytes)));
    }
    assert_eq!(told, [MOST, 200_000, INITIAL, INITIAL, INITIAL]);
}

#[test]
fn a_server_that_takes_more_than_it_was_given_is_told_no_more_for_it() {
    let mut window = Window::new(INITIAL, MOST);
    let far = u64::from(u32::MAX);
    assert_eq!(window.grant(far), Some(INITIAL));
    assert_eq!(window.grant(far), None);
    assert_eq!(
        window.grant(far + u64::from(INITIAL / 4)),
        Some(INITIAL / 4)
    );
}
