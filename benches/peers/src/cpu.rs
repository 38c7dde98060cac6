use std::{fs, time::Duration};

use crate::Result;

/// The CPU time of all threads of this process that have not ended, user and system, to the nanosecond.
pub fn time() -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir("/proc/self/task")? {
        let stat = fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanos = stat.split_whitespace().next().ok_or("an empty schedstat")?;
        sum += Duration::from_nanos(nanos.parse()?);
    }
    Ok(sum)
}

/// Bytes of memory that this process keeps, and the most it ever kept.
pub fn resident() -> Result<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status")?;
    let of = |name: &str| -> Result<u64> {
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(kib.ok_or("a status without memory")?.parse::<u64>()? * 1024)
    };
    Ok((of("VmRSS:")?, of("VmHWM:")?))
}
