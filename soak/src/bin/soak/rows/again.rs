//! What a policy on UNAVAILABLE makes of the rows that lose calls otherwise.
//!
//! Their calls may be done more than once, and are, where a connection is lost between a request and its answer. What no
//! policy repeats is a call whose answer has begun: it ends with the connection, though it was executed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use http::Response;
use tower::util::MapResponseLayer;
use ziggurat::{Body, Code, Outcome, channel::Builder};
use ziggurat_soak::Ledger;

use crate::{floors, report::Report, tally::Tally};

/// Counts the answers that begin, of all attempts.
#[derive(Debug, Default)]
pub(super) struct Answers(Arc<AtomicUsize>);

impl Answers {
    /// Gives a channel the policy, and counts below it.
    pub(super) fn of(&self, builder: Builder) -> Builder {
        let begun = Arc::clone(&self.0);
        let count = MapResponseLayer::new(move |answer: Response<Body>| {
            let is_failure = Outcome::of(&answer).failure().is_some();
            begun.fetch_add(usize::from(!is_failure), Relaxed);
            answer
        });
        floors::again(builder).attempt_layer(count)
    }

    /// No call is lost: each was executed, and has an answer that began; none was executed but as the policy says.
    pub(super) fn judge(&self, tally: Tally, ledger: &Ledger, took: Duration) -> Report {
        let mut report = Report::repeated(tally, ledger.twice(), took);
        let tally = report.tally();
        let (calls, failed, repeated) = (tally.calls(), tally.failed(), tally.repeated);
        let lost = failed - tally.executed;
        let unavailable = tally.all_failed_as(Code::Unavailable);
        let executed = (0..calls).all(|id| ledger.begun(id) > 0);
        let more = ledger.total().saturating_sub(calls);
        let begun = self.0.load(Relaxed);
        report.note(format!("{repeated} sent again"));
        report.note(format!("{more} executed again"));
        report.note(format!("{failed} answers cut off"));
        report.expect(repeated > 0, "connections are lost beside calls");
        report.expect(lost == 0, "none lost");
        report.expect(executed, "each executed at least once");
        report.expect(more <= repeated, "none executed but as the policy says");
        report.expect(begun == calls, "each has one answer that began");
        report.expect(unavailable, "UNAVAILABLE");
        report
    }
}
