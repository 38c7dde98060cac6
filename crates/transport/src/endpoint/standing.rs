use super::State;
use crate::Error;

/// How one of several servers stands.
///
/// ```
/// use ziggurat_transport::channel::{State, many::Standing};
///
/// let standing = Standing::idle();
/// assert_eq!((standing.state, standing.connections), (State::Idle, 0));
/// assert!(standing.error.is_none());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Standing {
    /// A connection that is doubted counts as none.
    pub state: State,
    /// How often it has failed its calls for want of a connection, ever; attempts that fail beside one are not among them.
    pub failures: u64,
    /// How often it had a connection, and has lost the last of them.
    pub losses: u64,
    /// How many connections are open.
    pub connections: usize,
    /// How many connections it had that take no calls any more: what lasts, and began on one of them, is to begin anew.
    pub gone: u64,
    /// Why the last attempt failed, until there is a connection; or that it was closed.
    pub error: Option<Error>,
}

impl Standing {
    /// As one that was never asked to connect.
    pub fn idle() -> Self {
        Self {
            state: State::Idle,
            failures: 0,
            losses: 0,
            connections: 0,
            gone: 0,
            error: None,
        }
    }
}

/// Hears how an endpoint stands, and how many calls it has.
///
/// It is told under the endpoint's lock, in order, and must do no more than note it.
pub trait Watch: Send + Sync + 'static {
    /// It may be the same as before.
    fn stands(&self, standing: Standing);

    /// So many calls have a stream or wait for one, but for those that are [not counted](super::Uncounted).
    fn load(&self, calls: usize);
}
