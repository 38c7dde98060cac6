//! What the process holds: memory, file descriptors, tasks.

use std::fs;

use tokio::runtime::Handle;

/// One look at the process; what the system does not tell is zero.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gauge {
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    /// Open file descriptors.
    pub(crate) files: usize,
    /// Tasks of the client's runtime that are not over.
    pub(crate) tasks: usize,
}

impl Gauge {
    pub(crate) fn now() -> Self {
        Self {
            memory: memory().unwrap_or(0),
            files: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            tasks: Handle::current().metrics().num_alive_tasks(),
        }
    }
}

fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
