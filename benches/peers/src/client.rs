//! What a client of the comparison can do.

use std::future::Future;

use crate::{Load, Result, wire::Counters};

/// What came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub messages: usize,
    /// Bytes of data in them; for orders their lines.
    pub size: usize,
}

/// One client: a connection, or a handle to one, and what it sends, made before anything is measured.
///
/// Each method is one call, whole: it is over when the status is known to be OK.
pub trait Client: Clone + Send + 'static {
    /// An open stream; dropping it cancels the call.
    type Held: Send + 'static;

    /// Connects, as a user of this client would who leaves its settings as they are.
    fn connect(load: &Load, counters: &Counters) -> impl Future<Output = Result<Self>> + Send;

    /// Sends `load.size` bytes and gets as many.
    fn echo(&mut self) -> impl Future<Output = Result<Tally>> + Send;

    /// Sends the order and gets another.
    fn place(&mut self) -> impl Future<Output = Result<Tally>> + Send;

    /// Reads so many messages of `load.size` bytes, one by one.
    fn download(&mut self, messages: usize) -> impl Future<Output = Result<Tally>> + Send;

    /// Sends so many messages of `load.size` bytes, made one by one from a ready stream; gives the bytes of frames that
    /// the server counted.
    fn upload(&mut self, messages: usize) -> impl Future<Output = Result<u64>> + Send;

    /// Sends a message of `load.size` bytes, reads its answer, and so on; `answered` is called for each.
    fn talk(
        &mut self,
        messages: usize,
        answered: impl FnMut() + Send,
    ) -> impl Future<Output = Result<Tally>> + Send;

    /// Opens a stream of answers, up to its initial metadata.
    fn hold(&mut self) -> impl Future<Output = Result<Self::Held>> + Send;
}
