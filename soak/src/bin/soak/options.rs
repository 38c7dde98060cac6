//! The command line.

use std::time::Duration;

const USAGE: &str = "usage: soak [--seed N] [--calls N] [--seconds N] [ROW...]

--seed N     what is left to chance (default: 1)
--calls N    calls of the long rows; the others make a fifth of it (default: 100000)
--seconds N  how long the timed rows take (default: 10)
ROW          which rows (default: all)";

/// What to do.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) seed: u64,
    /// Calls of the long rows.
    pub(crate) calls: usize,
    /// How long timed rows take.
    pub(crate) time: Duration,
    rows: Vec<String>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            seed: 1,
            calls: 100_000,
            time: Duration::from_secs(10),
            rows: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let number = arguments.next().and_then(|number| number.parse().ok());
                number.ok_or_else(|| format!("{argument} needs a number\n\n{USAGE}"))
            };
            match &*argument {
                "--seed" => options.seed = number()?,
                "--calls" => options.calls = usize::try_from(number()?).unwrap_or(usize::MAX),
                "--seconds" => options.time = Duration::from_secs(number()?),
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

    /// Calls of the rows that are not long.
    pub(crate) fn few_calls(&self) -> usize {
        self.calls.div_ceil(5)
    }
}
