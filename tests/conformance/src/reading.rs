//! Reads an answer of many messages to its last word.

use ziggurat::{CancelHandle, Status, Streaming};

use crate::{
    outcome::{self, Answer},
    script::Cancel,
    suite::{ClientResponseResult, ConformancePayload},
};

/// What was read so far, and what cancels the call.
#[derive(Default)]
pub(crate) struct Reading {
    payloads: Vec<ConformancePayload>,
    cancel: Option<(Cancel, CancelHandle)>,
}

impl Reading {
    /// Of a call that is to be cancelled.
    pub(crate) fn cancelled(cancel: Cancel, handle: CancelHandle) -> Self {
        Self {
            payloads: Vec::new(),
            cancel: Some((cancel, handle)),
        }
    }

    /// All messages are sent.
    pub(crate) fn before_end(&self) {
        if let Some((cancel, handle)) = &self.cancel {
            cancel.before_end(handle);
        }
    }

    /// The request has ended.
    pub(crate) fn after_end(&self) {
        if let Some((cancel, handle)) = &self.cancel {
            cancel.after_end(handle);
        }
    }

    /// Reads one message, and says whether there was one.
    pub(crate) async fn one<T: Answer>(&mut self, answers: &mut Streaming<T>) -> bool {
        matches!(self.next(answers).await, Ok(Some(())))
    }

    /// Reads all that is left, also of a call that was cancelled: the library says how it ended.
    pub(crate) async fn all<T: Answer>(
        mut self,
        started: Result<Streaming<T>, Status>,
    ) -> ClientResponseResult {
        let mut answers = match started {
            Ok(answers) => answers,
            Err(status) => return outcome::failed(&status, self.payloads),
        };
        loop {
            match self.next(&mut answers).await {
                Ok(Some(())) => {}
                Ok(None) => return self.ended(&mut answers).await,
                Err(status) => return outcome::failed(&status, self.payloads),
            }
        }
    }

    async fn next<T: Answer>(&mut self, answers: &mut Streaming<T>) -> Result<Option<()>, Status> {
        let Some(message) = answers.recv().await? else {
            return Ok(None);
        };
        self.payloads.push(message.payload());
        if let Some((cancel, handle)) = &self.cancel {
            cancel.after_answers(self.payloads.len(), handle);
        }
        Ok(Some(()))
    }

    async fn ended<T>(self, answers: &mut Streaming<T>) -> ClientResponseResult {
        let mut told = ClientResponseResult {
            payloads: self.payloads,
            ..ClientResponseResult::default()
        };
        if let Ok(initial) = answers.initial_metadata().await {
            told.response_headers = outcome::headers(initial);
        }
        let trailing = answers.trailing_metadata();
        told.response_trailers = trailing.map(outcome::headers).unwrap_or_default();
        told
    }
}
