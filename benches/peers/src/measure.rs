//! What one round of a load took.

use std::time::{Duration, Instant};

use crate::wire::Counts;

/// When each call or answer of a round came.
#[derive(Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub fn with_capacity(calls: usize) -> Self {
        Self(Vec::with_capacity(calls))
    }

    pub fn add(&mut self, begun: Instant) {
        self.0.push(begun.elapsed());
    }

    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// That of which so many of a thousand calls took no longer.
    fn of(&self, per_mille: usize) -> Option<Duration> {
        let last = self.0.len().checked_sub(1)?;
        self.0.get(last * per_mille / 1000).copied()
    }
}

/// Of one round.
#[derive(Debug)]
pub struct Figures {
    pub messages: usize,
    /// Of this process.
    pub cpu: Duration,
    pub took: Duration,
    pub latencies: Latencies,
    /// What the process keeps more than before, and the most it ever kept.
    pub resident: (i64, u64),
    pub counts: Counts,
}

impl Figures {
    pub fn json(mut self) -> String {
        self.latencies.0.sort_unstable();
        let latency = |per_mille| {
            self.latencies
                .of(per_mille)
                .map_or("null".to_owned(), |time| time.as_nanos().to_string())
        };
        format!(
            r#"{{"messages": {}, "cpu_ns": {}, "wall_ns": {}, "p50_ns": {}, "p99_ns": {}, "p999_ns": {}, "resident": {}, "resident_peak": {}{}}}"#,
            self.messages,
            self.cpu.as_nanos(),
            self.took.as_nanos(),
            latency(500),
            latency(990),
            latency(999),
            self.resident.0,
            self.resident.1,
            self.counts.json()
        )
    }
}
