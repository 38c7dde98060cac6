use std::{error::Error, fmt};

use http::Response;
use http_body::Body;
use ziggurat_protocol::Outcome;

use super::{End, Observed};

/// Waits for the end of one call and reports it once.
///
/// Dropped before it saw an end it reports [`End::Dropped`]; so it belongs into the future that waits for the answer.
pub struct Observer<F: FnOnce(End<'_>)> {
    report: Option<F>,
}

impl<F: FnOnce(End<'_>)> Observer<F> {
    /// Reports to this function.
    ///
    /// A layer that names its answer's type takes a `fn(End<'_>)`, or a boxed closure if the function has a state.
    pub fn new(report: F) -> Self {
        Self {
            report: Some(report),
        }
    }

    /// Goes with the answer to the end of its body; a Trailers-Only answer is reported at once.
    ///
    /// The answer must be as its service gave it, for its untouched body tells whether more follows (L-6).
    pub fn watch<B: Body>(mut self, answer: Response<B>) -> Response<Observed<B, F>> {
        if let Outcome::Finished { result, .. } = Outcome::of(&answer) {
            self.end(End::Finished(result));
        }
        let http = answer.status();
        answer.map(|body| Observed::new(body, http, self))
    }

    /// Reports that the service failed instead of answering.
    pub fn fail(mut self, error: &(dyn Error + Send + Sync + 'static)) {
        self.end(End::Failed(error));
    }

    pub(super) fn end(&mut self, end: End<'_>) {
        if let Some(report) = self.report.take() {
            report(end);
        }
    }
}

impl<F: FnOnce(End<'_>)> Drop for Observer<F> {
    fn drop(&mut self) {
        self.end(End::Dropped);
    }
}

impl<F: FnOnce(End<'_>)> fmt::Debug for Observer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Observer");
        out.field("reported", &self.report.is_none()).finish()
    }
}
