//! What became of the calls of a row.

use std::{collections::BTreeMap, time::Duration};

use ziggurat::{Code, Status};
use ziggurat_soak::Ledger;
use ziggurat_transport::error::Kind;

/// How one call ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) id: usize,
    pub(crate) waits_for_ready: bool,
    pub(crate) took: Duration,
    /// The failure, if it was none of the good ends.
    pub(crate) failure: Option<Status>,
}

/// What became of many.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) ok: usize,
    /// Failed calls that the server had begun.
    pub(crate) executed: usize,
    /// Failed calls that the server had not begun, before their deadline.
    pub(crate) lost: usize,
    /// Those of the lost that the client could have sent again without danger.
    pub(crate) safe: usize,
    /// Those of the lost that servers turned away twice, of which the ledger knows at most once: GOAWAY is not in it.
    pub(crate) turned_away: usize,
    /// Failed calls that never had a connection, because there was none, and did not wait for one.
    pub(crate) unconnected: usize,
    pub(crate) expired: usize,
    /// Calls that ended long after their deadline.
    pub(crate) late: usize,
    /// Answers that were not those of the call.
    pub(crate) wrong: usize,
    /// How often a policy sent a call again.
    pub(crate) repeated: usize,
    codes: BTreeMap<String, usize>,
    /// Failures in words, each once, and not all of them.
    pub(crate) words: Vec<String>,
    /// Microseconds of the good ones.
    took: Vec<u32>,
}

/// How many different failures are kept in words.
const WORDS: usize = 8;

impl Tally {
    pub(crate) fn with_capacity(calls: usize) -> Self {
        Self {
            took: Vec::with_capacity(calls),
            ..Self::default()
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.ok + self.failed()
    }

    pub(crate) fn failed(&self) -> usize {
        self.executed + self.lost + self.expired + self.unconnected
    }

    pub(crate) fn add(&mut self, ended: Ended, ledger: &Ledger) {
        let Some(status) = ended.failure else {
            self.ok += 1;
            self.took
                .push(u32::try_from(ended.took.as_micros()).unwrap_or(u32::MAX));
            return;
        };
        *self
            .codes
            .entry(format!("{:?}", status.code()))
            .or_default() += 1;
        let is_begun = ledger.begun(ended.id) > 0;
        match kind(&status) {
            _ if status.code() == Code::DeadlineExceeded => self.expired += 1,
            _ if is_begun => self.executed += 1,
            Some(Kind::Connect | Kind::Closed | Kind::Timeout | Kind::NotHttp2)
                if !ended.waits_for_ready =>
            {
                self.unconnected += 1;
            }
            kind => {
                self.lost += 1;
                match kind {
                    // It may have been begun for all the client knows (C-35).
                    Some(Kind::Lost) => {}
                    // One transparent resend cannot help (C-31).
                    _ if ledger.refused(ended.id) > 1 => {}
                    Some(Kind::Reset { .. } | Kind::GoAway { .. }) => self.turned_away += 1,
                    _ => self.safe += 1,
                }
            }
        }
        self.remember(&status);
    }

    fn remember(&mut self, status: &Status) {
        // Ports differ from connection to connection.
        let words: String = status
            .to_string()
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .collect();
        if self.words.len() < WORDS && !self.words.contains(&words) {
            self.words.push(words);
        }
    }

    /// The codes of failed calls and their counts.
    pub(crate) fn codes(&self) -> &BTreeMap<String, usize> {
        &self.codes
    }

    /// Whether all that failed has this code.
    pub(crate) fn all_failed_as(&self, code: Code) -> bool {
        self.codes.keys().all(|found| *found == format!("{code:?}"))
    }

    /// The time that so many of a thousand good calls took at most.
    pub(crate) fn took(&self, permille: usize) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        let at = (took.len() * permille / 1000).min(took.len().saturating_sub(1));
        Duration::from_micros(took.get(at).copied().unwrap_or(0).into())
    }

    pub(crate) fn join(&mut self, other: Self) {
        let Self {
            ok,
            executed,
            lost,
            safe,
            turned_away,
            unconnected,
            expired,
            late,
            wrong,
            repeated,
            codes,
            words,
            took,
        } = other;
        self.ok += ok;
        self.executed += executed;
        self.lost += lost;
        self.safe += safe;
        self.turned_away += turned_away;
        self.unconnected += unconnected;
        self.expired += expired;
        self.late += late;
        self.wrong += wrong;
        self.repeated += repeated;
        for (code, count) in codes {
            *self.codes.entry(code).or_default() += count;
        }
        for word in words {
            if self.words.len() < WORDS && !self.words.contains(&word) {
                self.words.push(word);
            }
        }
        self.took.extend(took);
    }
}

/// What the transport says about a failure.
fn kind(status: &Status) -> Option<Kind> {
    let mut source = status.cause();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<ziggurat_transport::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}
