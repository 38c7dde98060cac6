use std::{fs, time::Duration};

use crate::Result;

/// The CPU time of this thread, user and system, to the nanosecond.
pub fn time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = stat.split_whitespace().next().ok_or("an empty schedstat")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}
