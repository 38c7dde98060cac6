/// Makes a call wait while the channel is in [`TransientFailure`](super::State::TransientFailure): an extension of its
/// request (D-12).
///
/// It waits until there is a connection, until it is dropped, or until the channel is closed. Once it was sent, it fails
/// like any other (D-13).
///
/// ```
/// use ziggurat_transport::channel::WaitForReady;
///
/// let mut request = http::Request::new("latte");
/// request.extensions_mut().insert(WaitForReady);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitForReady;
