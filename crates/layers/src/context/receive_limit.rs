/// How large a message of an answer may be, in bytes: an extension of the answer, for the stub that decodes it (F-14).
///
/// A floor leaves it that knows a limit which the stub does not, such as a channel with a service config. The smaller of
/// this and the stub's own counts; zero allows empty messages only. It is read when the headers come.
///
/// ```
/// use ziggurat::layers::context::ReceiveLimit;
///
/// let mut answer = http::Response::new(());
/// answer.extensions_mut().insert(ReceiveLimit(64 * 1024));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveLimit(
    /// In bytes.
    pub usize,
);
