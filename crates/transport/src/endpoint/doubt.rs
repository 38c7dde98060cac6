//! When a connection that is open is not trusted any more.
//!
//! Without keepalive nothing else finds a connection that died without a word: the calls on it expire one by one. So expired
//! calls are evidence. It weighs by the time that they waited, it counts only if not a byte was read meanwhile, and one byte
//! clears it. A call that is answered in time adds nothing to it.

use std::time::Duration;

use tokio::time::Instant;

/// How long calls wait in vain, all together, until a silent connection is doubted.
///
/// Longer than a round trip on any usable path; and one call with a deadline of a second is enough, of which some is
/// over when it leaves. Who is wrong by it pays one connection.
const SILENCE: Duration = Duration::from_millis(900);

/// How many calls in a row a connection refuses until it is doubted, and for how long at least: a moment of overload
/// is not meant.
const REFUSALS: (u32, Duration) = (10, Duration::from_secs(1));

/// What speaks against a connection that is open: it is silent, or refuses all it gets.
///
/// ```text
///           calls given up, nothing read since they left
///           ┌────────────────────────────────► Silent ──┐
///   trusted │                                           │ new calls have another connection,
///           │ refused, refused, …                       │ as soon as one can be had
///           └────────────────────────────────► Refusing ┘
///   Silent ── anything is read ──► trusted ◄── an answer ── Refusing
/// ```
#[derive(Debug, Default)]
pub(super) struct Record {
    silence: Option<Silence>,
    refusals: Option<Refusals>,
    doubt: Option<Doubt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// Nothing was read since the connection had read so often.
    Silent {
        reads: u64,
    },
    Refusing,
}

/// Calls waited and were given up, and nothing was read.
#[derive(Debug)]
struct Silence {
    reads: u64,
    /// How long they waited; at the same time counts once.
    waited: Duration,
    /// When the last one was given up.
    until: Instant,
}

#[derive(Debug)]
struct Refusals {
    count: u32,
    since: Instant,
}

impl Record {
    /// Whether new calls may have it, which by now has read so often.
    pub(super) fn is_trusted(&self, reads: u64) -> bool {
        match self.doubt {
            None => true,
            Some(Doubt::Silent { reads: then }) => reads != then,
            Some(Doubt::Refusing) => false,
        }
    }

    /// A call was answered. Tells whether that is the end of a doubt.
    pub(super) fn answered(&mut self) -> bool {
        self.refusals = None;
        let lifted = self.doubt.take_if(|doubt| *doubt == Doubt::Refusing);
        lifted.is_some()
    }

    /// A call left when the connection had read so often, and was given up now without an answer. Tells whether that
    /// makes a doubt.
    pub(super) fn given_up(&mut self, left: Instant, then: u64, reads: u64, now: Instant) -> bool {
        if then != reads || !self.is_trusted(reads) {
            return false;
        }
        let silence = self.silence.take().filter(|silence| silence.reads == reads);
        let (waited, from) = match silence {
            Some(silence) => (silence.waited, silence.until.max(left)),
            None => (Duration::ZERO, left),
        };
        let waited = waited + now.saturating_duration_since(from);
        let until = now;
        self.silence = Some(Silence {
            reads,
            waited,
            until,
        });
        let is_silent = waited >= SILENCE;
        if is_silent {
            self.doubt = Some(Doubt::Silent { reads });
        }
        is_silent
    }

    /// A call was refused. Tells whether that makes a doubt.
    pub(super) fn refused(&mut self, now: Instant) -> bool {
        let refusals = self.refusals.get_or_insert(Refusals {
            count: 0,
            since: now,
        });
        refusals.count += 1;
        let (count, time) = REFUSALS;
        let lasts = now.saturating_duration_since(refusals.since) >= time;
        let is_refusing = refusals.count >= count && lasts && self.doubt.is_none();
        if is_refusing {
            self.doubt = Some(Doubt::Refusing);
        }
        is_refusing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens to a connection.
    #[derive(Clone, Copy, Debug)]
    enum Do {
        /// A call left at the first of these milliseconds, and is given up at the second.
        GiveUp(u64, u64),
        /// The same, and something was read in between.
        GiveUpAfterRead(u64, u64),
        /// Something is read.
        Read,
        Answer,
        /// So many calls are refused, at this millisecond.
        Refuse(u32, u64),
    }
    use Do::{Answer, GiveUp, GiveUpAfterRead, Read, Refuse};

    /// Plays rows of what happens, and whether the connection is trusted then.
    #[track_caller]
    fn play(rows: &[(Do, bool)]) {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let (mut record, mut reads) = (Record::default(), 1);
        for (number, &(what, is_trusted)) in rows.iter().enumerate() {
            let was_trusted = record.is_trusted(reads);
            let mut told = false;
            match what {
                GiveUp(from, to) => told = record.given_up(at(from), reads, reads, at(to)),
                GiveUpAfterRead(from, to) => {
                    told = record.given_up(at(from), reads - 1, reads, at(to));
                }
                Read => reads += 1,
                Answer => {
                    record.answered();
                }
                Refuse(count, now) => {
                    for _ in 0..count {
                        told |= record.refused(at(now));
                    }
                }
            }
            assert_eq!(
                record.is_trusted(reads),
                is_trusted,
                "row {number}: {what:?}"
            );
            assert_eq!(told, was_trusted && !is_trusted, "row {number}: {what:?}");
        }
    }

    #[test]
    fn a_second_in_vain_makes_a_doubt_and_a_byte_lifts_it() {
        play(&[
            (GiveUp(0, 900), false),
            (GiveUp(0, 5000), false),
            (Read, true),
            // What left before it says nothing.
            (GiveUpAfterRead(0, 9000), true),
            (GiveUp(9000, 9899), true),
        ]);
    }

    #[test]
    fn short_waits_add_up_until_something_is_read() {
        play(&[
            (GiveUp(0, 400), true),
            // Beside the first.
            (GiveUp(100, 400), true),
            (GiveUp(300, 600), true),
            // A day later.
            (GiveUp(86_400_000, 86_400_299), true),
            (GiveUp(86_400_299, 86_400_300), false),
            (Read, true),
            (GiveUp(86_401_000, 86_401_899), true),
            (Read, true),
            (GiveUp(86_402_000, 86_402_899), true),
        ]);
    }

    #[test]
    fn ten_refusals_in_a_second_make_a_doubt_and_an_answer_lifts_it() {
        // C-31
        play(&[
            (Refuse(100, 0), true),
            (Refuse(1, 999), true),
            (Answer, true),
            (Refuse(9, 2000), true),
            (Refuse(1, 3000), false),
            (Read, false),
            (Refuse(1, 4000), false),
            (Answer, true),
        ]);
        play(&[
            (Refuse(9, 0), true),
            (Answer, true),
            (Refuse(9, 5000), true),
        ]);
    }
}
