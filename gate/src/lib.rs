//! What the rows of `costs.toml` do, so that it costs the same at every run.
//!
//! Client and server are one thread of one process, with a pipe in memory between them and a clock that stands still:
//! no socket, no scheduler and no time has a part in what is counted. What belongs to the server is left out of the
//! counts, and so is what a row needs beside the calls: [`Meter`]. Setting up is left out by its reader, who runs a row
//! twice, once with twice the operations, and divides the difference.

use futures_util::future::LocalBoxFuture;
use tokio::runtime::Builder;

mod calls;
mod floors;
mod ground;
mod meter;
mod mock;
mod pipe;
mod raw;
mod server;
mod streams;

pub use meter::Meter;

/// One row of the table: an operation, and how to make it many times.
#[derive(Debug)]
pub struct Row {
    /// What it is called in `costs.toml`.
    pub name: &'static str,
    /// How many operations are run; twice as many are run too.
    pub operations: usize,
    run: fn(Meter, usize) -> LocalBoxFuture<'static, ()>,
}

impl Row {
    const fn new(
        name: &'static str,
        operations: usize,
        run: fn(Meter, usize) -> LocalBoxFuture<'static, ()>,
    ) -> Self {
        Self {
            name,
            operations,
            run,
        }
    }
}

/// All rows, in the order of the table.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    [calls::ROWS, streams::ROWS, ground::ROWS, floors::ROWS]
        .into_iter()
        .flatten()
}

/// Runs a row with so many operations, on a runtime of its own.
///
/// # Panics
///
/// A call failed.
pub fn run(row: &Row, meter: Meter, operations: usize) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime with nothing but a clock");
    runtime.block_on((row.run)(meter, operations));
}
