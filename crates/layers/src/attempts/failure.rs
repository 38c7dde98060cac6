use ziggurat_protocol::{Code, response::Pushback};

/// How an attempt failed before anything else of its answer was seen.
///
/// It is all that the table of a floor looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    /// What it would end the call with.
    pub(crate) code: Code,
    /// What the server says about repeating it.
    pub(crate) pushback: Option<Pushback>,
    /// Whether the whole request is still there.
    pub(crate) can_replay: bool,
}
