//! How much metadata an answer may have.
//!
//! Both header blocks are measured, each by itself, before anything of them is kept. An answer with too much ends as
//! INTERNAL; what the server said of the call besides is told in its text, and is its source.

use http::HeaderMap;
use ziggurat_protocol::{Code, Status, metadata};

/// Refuses more metadata than this side wants to keep.
pub(super) fn within(limit: usize, headers: &HeaderMap) -> Result<(), Status> {
    let size = metadata::size(headers);
    if size <= limit {
        return Ok(());
    }
    let text = format!("the answer has {size} bytes of metadata, the limit is {limit} bytes");
    Err(Status::local(Code::Internal, text))
}

/// What the server said of the call goes with the refusal of how much it said.
pub(super) fn beyond(over: Status, result: Result<(), Status>) -> Status {
    match result {
        Ok(()) => over,
        Err(said) => {
            let text = format!("{}; its status is {said}", over.message());
            Status::local(over.code(), text).with_source(said)
        }
    }
}
