use std::{fs, path::Path, time::Duration};

use crate::Result;

/// The CPU time of this thread, user and system, to the nanosecond.
pub fn time() -> Result<Duration> {
    of(Path::new("/proc/thread-self"))
}

/// The same of all threads of this process that have not ended.
pub fn of_all() -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir("/proc/self/task")? {
        sum += of(&thread?.path())?;
    }
    Ok(sum)
}

fn of(thread: &Path) -> Result<Duration> {
    let stat = fs::read_to_string(thread.join("schedstat"))?;
    let nanos = stat.split_whitespace().next().ok_or("an empty schedstat")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}
