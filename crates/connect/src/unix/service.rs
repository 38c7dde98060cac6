use std::{
    fmt,
    future::Future,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::net::UnixStream;
use tower_service::Service;

use super::UnixError;
use crate::{Socket, Target, target::Place};

/// Connects to unix sockets, in plaintext.
///
/// It takes `unix:` and `unix-abstract:` targets. A relative path is looked for in the directory that the process is in
/// at that moment.
///
/// ```
/// use tower_service::Service;
/// use ziggurat::channel::{Target, Unix};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let path = std::env::temp_dir().join(format!("ziggurat-{}.sock", std::process::id()));
/// let server = tokio::net::UnixListener::bind(&path)?;
/// let stream = Unix::new().call(Target::unix(&path)?).await?;
/// assert_eq!(stream.peer_addr()?.as_pathname(), Some(&*path));
/// # std::fs::remove_file(path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Unix(());

impl Unix {
    /// A connector to unix sockets; there is nothing to set.
    pub fn new() -> Self {
        Self(())
    }
}

impl Service<Target> for Unix {
    type Response = UnixStream;
    type Error = UnixError;
    type Future = Opening;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UnixError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Target) -> Opening {
        Opening(Box::pin(open(target)))
    }
}

async fn open(target: Target) -> Result<UnixStream, UnixError> {
    let path = match target.place() {
        Place::Unix(path) => path.to_owned(),
        // So tokio knows an abstract name (G-4).
        Place::UnixAbstract(name) => PathBuf::from(format!("\0{name}")),
        Place::Tcp { .. } => return Err(UnixError::not_unix(target)),
    };
    UnixStream::connect(path)
        .await
        .map_err(|error| UnixError::refused(target, error))
}

impl Socket for UnixStream {
    fn unix_path(&self) -> Option<PathBuf> {
        let address = self.peer_addr().ok()?;
        address.as_pathname().map(Into::into)
    }
}

/// The future of [`Unix`]. Dropping it stops the attempt.
#[must_use = "futures do nothing unless polled"]
pub struct Opening(Pin<Box<dyn Future<Output = Result<UnixStream, UnixError>> + Send>>);

impl Future for Opening {
    type Output = Result<UnixStream, UnixError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}
