//! One line of the table.

use std::{fmt::Write, time::Duration};

use crate::{rows::Row, tally::Tally};

/// What a row came to.
pub(crate) struct Report {
    tally: Tally,
    twice: usize,
    took: Duration,
    notes: Vec<String>,
    missed: Vec<String>,
}

pub(crate) fn print_head() {
    println!(
        "\n| row | calls | ok | failed, executed | failed, unseen | of these safe to resend | twice | p50 | p99 | besides | goal |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|");
}

impl Report {
    /// Of calls that no policy may send again, and none may be done twice.
    pub(crate) fn new(tally: Tally, twice: usize, took: Duration) -> Self {
        let mut report = Self::repeated(tally, twice, took);
        let repeated = report.tally.repeated;
        report.expect(twice == 0, "none executed twice");
        report.expect(repeated == 0, "none sent again by a policy");
        report
    }

    /// Of calls that may be done more than once.
    pub(crate) fn repeated(tally: Tally, twice: usize, took: Duration) -> Self {
        let mut report = Self {
            tally,
            twice,
            took,
            notes: Vec::new(),
            missed: Vec::new(),
        };
        let (late, wrong) = (report.tally.late, report.tally.wrong);
        report.expect(late == 0, "all end by their deadline");
        report.expect(wrong == 0, "each its own answer");
        report
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Adds a figure.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Says what must be.
    pub(crate) fn expect(&mut self, is_so: bool, what: &str) {
        if !is_so {
            self.missed.push(what.into());
        }
    }

    pub(crate) fn is_reached(&self) -> bool {
        self.missed.is_empty()
    }

    pub(crate) fn print(&self, row: &Row) {
        let Self {
            tally, twice, took, ..
        } = self;
        let mut besides = String::new();
        for (code, count) in tally.codes() {
            let _ = write!(besides, "{count} {code}, ");
        }
        for note in &self.notes {
            let _ = write!(besides, "{note}, ");
        }
        let _ = write!(besides, "{:.1} s", took.as_secs_f64());
        println!(
            "| {} | {} | {} | {} | {} | {} | {twice} | {} | {} | {besides} | {}: {} |",
            row.says,
            tally.calls(),
            tally.ok,
            tally.executed,
            tally.lost,
            tally.safe,
            millis(tally.took(500)),
            millis(tally.took(990)),
            row.goal,
            if self.is_reached() { "yes" } else { "NO" },
        );
        for missed in &self.missed {
            println!("  missed in {}: {missed}", row.name);
        }
        if !self.is_reached() {
            for words in &tally.words {
                println!("  {words}");
            }
        }
    }
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
