use std::error::Error;

use http::Response;
use http_body::Body;
use ziggurat_protocol::Outcome;

use super::{End, Observed, report::Report};

/// Waits for the end of one call and reports it once.
///
/// Dropped before it saw an end it reports [`End::Dropped`]; so it belongs into the future that waits for the answer.
///
/// ```
/// use http_body_util::Empty;
/// use ziggurat::{Code, Status, layers::outcome::Observer, protocol::response};
///
/// let mut seen = None;
/// let answer = response::trailers_only::<Empty<&[u8]>>(Status::new(Code::NotFound, "no bean"));
/// drop(Observer::new(|end| seen = Some(end.code())).watch(answer));
/// assert_eq!(seen, Some(Code::NotFound));
/// ```
#[derive(Debug)]
pub struct Observer<F: FnOnce(End<'_>)> {
    report: Report<F>,
}

impl<F: FnOnce(End<'_>)> Observer<F> {
    /// Reports to this function.
    ///
    /// A layer that names its answer's type takes a `fn(End<'_>)`, or a boxed closure if the function has a state.
    pub fn new(report: F) -> Self {
        Self {
            report: Report::new(report),
        }
    }

    /// Goes with the answer to the end of its body; a Trailers-Only answer is reported at once.
    ///
    /// The answer must be as its service gave it, for its untouched body tells whether more follows (L-6).
    pub fn watch<B: Body>(mut self, answer: Response<B>) -> Response<Observed<B, F>> {
        if let Outcome::Finished { result, .. } = Outcome::of(&answer) {
            self.report.end(End::Finished(result));
        }
        let http = answer.status();
        answer.map(|body| Observed::new(body, http, self.report))
    }

    /// Reports that the service failed instead of answering.
    ///
    /// Above a status floor no service does.
    pub fn fail(mut self, error: &(dyn Error + Send + Sync + 'static)) {
        self.report.end(End::Failed(error));
    }
}
