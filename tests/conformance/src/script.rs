//! What the suite wants of one call.

use std::time::Duration;

use tokio::time::sleep;
use ziggurat::CancelHandle;

use crate::{
    Failure,
    suite::{ClientCompatRequest, StreamType, client_compat_request::cancel::CancelTiming},
};

/// A message that knows its type in an `Any`.
pub(crate) trait Message: prost::Message + prost::Name + Default + 'static {}

impl<M: prost::Message + prost::Name + Default + 'static> Message for M {}

pub(crate) struct Script {
    pub(crate) shape: StreamType,
    /// Before each message of a request of many.
    pub(crate) delay: Duration,
    pub(crate) cancel: Option<Cancel>,
    messages: Vec<prost_types::Any>,
}

/// When a call is to be cancelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// When all messages are sent, instead of the end.
    BeforeEnd,
    /// So long after the end of the request.
    AfterEnd(Duration),
    /// When so many messages were read.
    AfterAnswers(usize),
}

impl Script {
    pub(crate) fn new(request: ClientCompatRequest) -> Self {
        let timing = |cancel| match cancel {
            Some(CancelTiming::BeforeCloseSend(())) => Cancel::BeforeEnd,
            Some(CancelTiming::AfterCloseSendMs(time)) => {
                Cancel::AfterEnd(Duration::from_millis(time.into()))
            }
            Some(CancelTiming::AfterNumResponses(count)) => Cancel::AfterAnswers(count as usize),
            None => Cancel::AfterEnd(Duration::ZERO),
        };
        Self {
            shape: request.stream_type(),
            delay: Duration::from_millis(request.request_delay_ms.into()),
            cancel: request.cancel.map(|cancel| timing(cancel.cancel_timing)),
            messages: request.request_messages,
        }
    }

    /// The one message of the request.
    pub(crate) fn message<M: Message>(&self) -> Result<M, Failure> {
        match &*self.messages {
            [message] => Ok(message.to_msg()?),
            others => Err(format!("one message was expected, not {}", others.len()).into()),
        }
    }

    /// All messages of the request.
    pub(crate) fn messages<M: Message>(&self) -> Result<Vec<M>, Failure> {
        let messages = self.messages.iter().map(|message| Ok(message.to_msg()?));
        messages.collect()
    }
}

impl Cancel {
    /// All messages are sent.
    pub(crate) fn before_end(self, call: &CancelHandle) {
        if self == Self::BeforeEnd {
            call.cancel();
        }
    }

    /// The request has ended.
    pub(crate) fn after_end(self, call: &CancelHandle) {
        if let Self::AfterEnd(time) = self {
            let call = call.clone();
            tokio::spawn(async move {
                sleep(time).await;
                call.cancel();
            });
        }
    }

    /// So many messages were read.
    pub(crate) fn after_answers(self, count: usize, call: &CancelHandle) {
        if self == Self::AfterAnswers(count) {
            call.cancel();
        }
    }
}
