use ziggurat_connect::Target;

use super::{State, standing::Standing};
use crate::Error;

/// A server, as it is at one moment.
///
/// ```
/// use ziggurat::channel::{EndpointStatus, State, Target};
///
/// // For a test of what shows them.
/// let mut server = EndpointStatus::new(Target::parse("http://10.0.0.1:50051")?);
/// assert_eq!((server.state, server.calls, server.weight), (State::Idle, 0, 1));
/// server.state = State::TransientFailure;
/// server.failures = 3;
/// # Ok::<_, ziggurat::InvalidTarget>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointStatus {
    /// Where it is, with the scheme and the name of the channel's target.
    pub target: Target,
    /// How its connections stand.
    pub state: State,
    /// How it stands for calls, if that is something else, and why: a policy has ejected it, or it says that it is not
    /// healthy.
    pub reported: Option<(State, String)>,
    /// How many connections it has.
    pub connections: usize,
    /// How many calls it has, with those that wait for a stream.
    pub calls: usize,
    /// How often it has failed its calls for want of a connection, ever; attempts that fail beside one are not among them.
    pub failures: u64,
    /// Why the last attempt failed, until there is a connection.
    pub last_error: Option<Error>,
    /// Its weight among the others, as the resolver says; 1 if it says none.
    pub weight: u32,
}

/// Who knows the servers of a channel.
pub trait List: Send + Sync {
    /// All of them, in an order that stays.
    fn list(&self) -> Vec<EndpointStatus>;
}

impl EndpointStatus {
    /// One that was never asked to connect.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            state: State::Idle,
            reported: None,
            connections: 0,
            calls: 0,
            failures: 0,
            last_error: None,
            weight: 1,
        }
    }
}

impl EndpointStatus {
    /// It stands like this.
    pub fn stands(&mut self, standing: Standing) {
        self.state = standing.state;
        self.connections = standing.connections;
        self.failures = standing.failures;
        self.last_error = standing.error;
    }
}
