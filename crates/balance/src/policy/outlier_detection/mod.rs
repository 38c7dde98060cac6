//! `outlier_detection`: servers whose calls fail more than others' have none for a while.
//!
//! The [settings](OutlierDetection) make a policy around another one. It counts how the calls of each server end, judges all
//! of them in a [sweep](sweep::sweep) each interval, and shows those that it ejects to the other policy as failed; their
//! connections stay.
//!
//! ```text
//! calls end ──► counts ──┐ each interval                    ┌──► the other policy
//!  (observer)            ▼                                  │    sees it failed
//!                      sweep ──► ejected, for base × times ─┤
//!                                                           └──► is back, and counts anew
//! ```
//!
//! What counts, what judges and what stands between policies are apart: the sweep is a function of numbers, and its tests are
//! tables.

mod counts;
mod detector;
mod settings;
mod sweep;

pub use detector::OutlierDetector;
pub use settings::{FailurePercentageEjection, OutlierDetection, SuccessRateEjection};
