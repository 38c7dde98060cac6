use ziggurat_transport::Error;

use super::{Call, Key};

/// Chooses a subchannel for each call: synchronous, shared by all, and as quick as it can be (G-20).
///
/// It is published whole, with the subchannels that it was made of, and never changed.
pub trait Picker: Send + Sync + 'static {
    /// Chooses for this call, at this moment.
    fn pick(&self, call: &Call<'_>) -> Pick;

    /// Whether its choice depends on the call; by default it does not. Then of the calls that wait the first that has to
    /// go on waiting speaks for all.
    fn looks_at_calls(&self) -> bool {
        false
    }
}

/// What becomes of a call.
#[derive(Clone, Debug)]
pub enum Pick {
    /// It goes there. If that is not ready any more, it waits for the next picker.
    Use(Key),
    /// It goes to the first of these, as with [`Use`](Self::Use), and the second is to connect, for later calls.
    UseAndConnect(Key, Key),
    /// It waits for the next picker.
    Queue,
    /// This one is to connect, and the call waits for the next picker.
    Connect(Key),
    /// It fails, if it does not wait for ready (D-11, D-12).
    Fail(Error),
    /// It fails, whatever it waits for, and no retry or hedge sends it again (C-33).
    Drop(Error),
}
