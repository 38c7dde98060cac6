//! The command line.

use std::time::Duration;

use crate::floors::Floors;

const USAGE: &str =
    "usage: soak [--seed N] [--calls N] [--seconds N] [--untimed] [--floors KIND] [ROW...]

--seed N     what is left to chance (default: 1)
--calls N    calls of the long rows; the others make a fifth of it (default: 100000)
--seconds N  how long the timed rows take (default: 10)
--untimed    goals that are times are printed, and not judged: for a machine that has other work
--floors K   what stands on all channels and must change nothing: retry, hedge, or none (default)
ROW          which rows (default: all)";

/// What to do.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) seed: u64,
    /// Calls of the long rows.
    pub(crate) calls: usize,
    /// How long timed rows take.
    pub(crate) time: Duration,
    /// Whether goals that are times count.
    timed: bool,
    /// What stands on the channels of all rows.
    pub(crate) floors: Floors,
    rows: Vec<String>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            seed: 1,
            calls: 100_000,
            time: Duration::from_secs(10),
            timed: true,
            floors: Floors::None,
            rows: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            if argument == "--floors" {
                let kind = arguments.next().as_deref().and_then(Floors::named);
                options.floors =
                    kind.ok_or_else(|| format!("{argument} needs a kind\n\n{USAGE}"))?;
                continue;
            }
            let mut number = || {
                let number = arguments.next().and_then(|number| number.parse().ok());
                number.ok_or_else(|| format!("{argument} needs a number\n\n{USAGE}"))
            };
            match &*argument {
                "--seed" => options.seed = number()?,
                "--calls" => options.calls = usize::try_from(number()?).unwrap_or(usize::MAX),
                "--seconds" => options.time = Duration::from_secs(number()?),
                "--untimed" => options.timed = false,
                row if super::rows::ALL.iter().any(|known| known.name == row) => {
                    options.rows.push(argument);
                }
                _ => return Err(Self::usage(&argument)),
            }
        }
        Ok(options)
    }

    fn usage(argument: &str) -> String {
        let rows = super::rows::ALL.iter().map(|row| row.name);
        let rows: Vec<_> = rows.collect();
        format!(
            "no row is called {argument}\n\n{USAGE}\n\nrows: {}",
            rows.join(" ")
        )
    }

    pub(crate) fn wants(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|wanted| wanted == row)
    }

    /// Whether goals that are times count; if not, rows that are made for them may be short.
    pub(crate) fn is_timed(&self) -> bool {
        self.timed
    }

    /// Whether what is to be shorter than `most` is so, if that counts.
    pub(crate) fn is_in_time(&self, took: Duration, most: Duration) -> bool {
        !self.timed || took < most
    }

    /// Calls of the rows that are not long.
    pub(crate) fn few_calls(&self) -> usize {
        self.calls.div_ceil(5)
    }
}
