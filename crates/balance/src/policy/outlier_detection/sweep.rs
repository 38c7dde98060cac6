use tokio::time::Instant;

use super::{
    counts::Ended,
    settings::{FailurePercentageEjection, OutlierDetection, Quorum, SuccessRateEjection},
};

/// What a sweep knows of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Host {
    /// Its calls since the last sweep.
    pub(super) ended: Ended,
    /// When it was ejected, if it is.
    pub(super) ejected_at: Option<Instant>,
    /// By how much longer it is ejected than the first time: up by one with each ejection, down by one with each interval in
    /// which it was not ejected.
    pub(super) multiplier: u32,
}

/// Judges all servers by the calls that ended in this interval (G-61): ejects outliers, and lets those come back whose time is
/// over.
///
/// `dice` gives a number below 100, for settings that eject only some of the outliers.
///
/// In this order: by success rate, by failure percentage, and then who comes back. So a server may be ejected by the second
/// that the first let pass, and one that was ejected just now comes back at once if the time for that is none. One that is
/// ejected is not judged again, though calls may still end there that began before; it counts as one of all, and for the mean
/// if it has enough of them.
///
/// With the defaults, and an interval in which each server had 100 calls:
///
/// | succeeded | mean | deviation | least | ejected |
/// |---|--:|--:|--:|---|
/// | 100, 100, 100, 100, 90 | 98 % | 4 % | 90.4 % | the last, by success rate |
/// | 100, 100, 100, 100, 0 | 80 % | 40 % | 4 % | the last, by success rate |
/// | 100, 100, 100, 0, 0 | 60 % | 49 % | < 0 | the first that failed, by failure percentage; no more than 10 % may be |
/// | 70, 70, 70, 70, 70 | 70 % | 0 % | | none: they are all the same |
/// | 100, 100, 0 | | | | none: they are fewer than 5 |
pub(super) fn sweep(
    hosts: &mut [Host],
    settings: &OutlierDetection,
    now: Instant,
    dice: &mut dyn FnMut() -> u32,
) {
    let mut judge = Judge {
        most: settings.max_ejection_percent,
        now,
        dice,
    };
    if let Some(ejection) = &settings.success_rate {
        judge.by_success_rate(hosts, ejection);
    }
    if let Some(ejection) = &settings.failure_percentage {
        judge.by_failure_percentage(hosts, ejection);
    }
    for host in hosts {
        match host.ejected_at {
            None => host.multiplier = host.multiplier.saturating_sub(1),
            Some(at) => {
                let over = at.checked_add(settings.ejection_time(host.multiplier));
                if over.is_some_and(|over| over <= now) {
                    host.ejected_at = None;
                }
            }
        }
    }
}

/// Who ejects, within what the settings allow.
struct Judge<'a> {
    /// How many may be ejected, in percent of all.
    most: u32,
    now: Instant,
    dice: &'a mut dyn FnMut() -> u32,
}

impl Judge<'_> {
    /// Ejects those whose success rate is far below the mean.
    fn by_success_rate(&mut self, hosts: &mut [Host], ejection: &SuccessRateEjection) {
        let Some(rates) = judged(hosts, ejection.quorum) else {
            return;
        };
        let rates: Vec<f64> = rates.map(|host| host.ended.success_rate()).collect();
        let Some(least) = least_rate(&rates, ejection.stdev_factor) else {
            return;
        };
        self.eject(hosts, ejection.quorum, |ended| ended.success_rate() < least);
    }

    /// Ejects those too many of whose calls failed.
    fn by_failure_percentage(&mut self, hosts: &mut [Host], ejection: &FailurePercentageEjection) {
        if judged(hosts, ejection.quorum).is_none() {
            return;
        }
        let threshold = u128::from(ejection.threshold);
        self.eject(hosts, ejection.quorum, |ended| {
            u128::from(ended.failures) * 100 > threshold * u128::from(ended.calls())
        });
    }

    /// Ejects those that are outliers, of those that are judged, as long as there are not too many.
    ///
    /// It goes through them in the order of the list, and stops where the settings say that it is enough, be there worse ones
    /// behind (A50).
    fn eject(&mut self, hosts: &mut [Host], quorum: Quorum, is_outlier: impl Fn(Ended) -> bool) {
        let all = hosts.len() as u64;
        let mut ejected = hosts
            .iter()
            .filter(|host| host.ejected_at.is_some())
            .count() as u64;
        for host in hosts {
            if ejected * 100 >= u64::from(self.most) * all {
                return;
            }
            let is_judged = host.ejected_at.is_none() && has_volume(host, quorum);
            let is_outlier = is_judged && is_outlier(host.ended);
            if is_outlier && (self.dice)() < quorum.enforcement_percentage {
                host.ejected_at = Some(self.now);
                host.multiplier = host.multiplier.saturating_add(1);
                ejected += 1;
            }
        }
    }
}

/// Those that have enough calls to be judged, if they are enough (G-62).
///
/// A server with few calls says little: two that failed of three are no rate. Where servers with enough are few, one that is
/// dead is no outlier but a third of all.
fn judged(hosts: &[Host], quorum: Quorum) -> Option<impl Iterator<Item = &Host>> {
    let judged = hosts.iter().filter(move |host| has_volume(host, quorum));
    let is_enough = judged.clone().count() as u64 >= u64::from(quorum.minimum_hosts);
    is_enough.then_some(judged)
}

/// One without a call has no rate, whatever the settings say.
fn has_volume(host: &Host, quorum: Quorum) -> bool {
    host.ended.calls() >= u64::from(quorum.request_volume.max(1))
}

/// The success rate below which one is an outlier: the mean, less so many thousandths of the standard deviation of the whole
/// population (G-62).
///
/// It may be below 0, and then none is. If all rates are the same there is none either, whatever rounding makes of their mean.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 servers")]
fn least_rate(rates: &[f64], stdev_factor: u32) -> Option<f64> {
    let first = rates.first()?;
    if rates.iter().all(|rate| (rate - first).abs() < 1e-12) {
        return None;
    }
    let count = rates.len() as f64;
    let mean = rates.iter().sum::<f64>() / count;
    let squares = rates.iter().map(|rate| (rate - mean).powi(2));
    let deviation = (squares.sum::<f64>() / count).sqrt();
    Some(mean - deviation * f64::from(stdev_factor) / 1000.0)
}
