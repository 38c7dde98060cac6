//! What a request may be once its answer is there whole.
//!
//! gRPC's servers may answer before they have read everything (A-85). Whether the rest is still worth something, the
//! body knows and the connection does not, so the body says it.

/// What becomes of the rest of a request whose response is complete.
///
/// ```
/// use ziggurat_transport::{AfterResponse, RequestBody};
///
/// # use std::{convert::Infallible, pin::Pin, task::{Context, Poll}};
/// struct Messages;
/// # impl http_body::Body for Messages {
/// #     type Data = bytes::Bytes;
/// #     type Error = Infallible;
/// #     fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>)
/// #         -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Infallible>>> {
/// #         Poll::Ready(None)
/// #     }
/// # }
///
/// impl RequestBody for Messages {
///     fn after_response(&self) -> AfterResponse {
///         AfterResponse::Stop // whoever answered needs no more of them
///     }
/// }
/// # assert_eq!(Messages.after_response(), AfterResponse::Stop);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterResponse {
    /// It is sent, as it may be in HTTP.
    Continue,
    /// It is of no use. The stream is reset with NO_ERROR (A-85), or with CANCEL where the rest waits for flow control
    /// (L-21); nothing of the sort if only the end was left to be sent.
    Stop,
}
