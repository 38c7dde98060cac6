use std::time::Duration;

use ziggurat_layers::context::{CallContext, Deadline};
use ziggurat_protocol::frame::DEFAULT_RECEIVE_LIMIT;

/// What bounds a call in time and size, and what it waits for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// From the first poll on; a context that the call brings may end it earlier.
    pub(crate) timeout: Option<Duration>,
    /// Whatever the timeout is.
    pub(crate) deadline: Option<Deadline>,
    /// While attempts to connect fail.
    pub(crate) wait_for_ready: Option<bool>,
    /// In bytes, of what was sent and may be sent again.
    pub(crate) resend: Option<usize>,
    pub(crate) max_receive: Option<usize>,
    pub(crate) max_send: Option<usize>,
    pub(crate) max_metadata: Option<usize>,
}

/// What gRPC suggests for metadata.
const METADATA_LIMIT: usize = 8 * 1024;

impl Limits {
    pub(crate) fn over(self, defaults: Self) -> Self {
        let Self {
            timeout,
            deadline,
            wait_for_ready,
            resend,
            max_receive,
            max_send,
            max_metadata,
        } = self;
        Self {
            timeout: timeout.or(defaults.timeout),
            deadline: deadline.or(defaults.deadline),
            wait_for_ready: wait_for_ready.or(defaults.wait_for_ready),
            resend: resend.or(defaults.resend),
            max_receive: max_receive.or(defaults.max_receive),
            max_send: max_send.or(defaults.max_send),
            max_metadata: max_metadata.or(defaults.max_metadata),
        }
    }

    /// What a call must tell the floors beside the timeout, which the deadline floor has as its default; it goes over
    /// what the call was asked by an extension.
    pub(crate) fn context(self, asked: Option<CallContext>) -> Option<CallContext> {
        let Self {
            deadline,
            wait_for_ready,
            resend,
            ..
        } = self;
        if deadline.is_none() && wait_for_ready.is_none() && resend.is_none() {
            return asked;
        }
        let context = asked.unwrap_or_default();
        let context = deadline
            .into_iter()
            .fold(context, CallContext::with_deadline);
        let context = wait_for_ready
            .into_iter()
            .fold(context, CallContext::with_wait_for_ready);
        let context = resend
            .into_iter()
            .fold(context, CallContext::with_resend_limit);
        Some(context)
    }

    /// In bytes.
    pub(crate) fn receive(self) -> usize {
        self.max_receive.unwrap_or(DEFAULT_RECEIVE_LIMIT)
    }

    /// In bytes.
    pub(crate) fn metadata(self) -> usize {
        self.max_metadata.unwrap_or(METADATA_LIMIT)
    }

    /// In bytes.
    pub(crate) fn send(self) -> usize {
        self.max_send.unwrap_or(usize::MAX)
    }
}
