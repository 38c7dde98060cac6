use std::{
    borrow::Cow,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use ziggurat_transport::BoxError;

use super::{Resolution, Resolver, gathered::Gathered};

/// Tells the lists of a stream, each of which has all the endpoints that there are.
///
/// The items are `Result`s of a [`Resolution`], or of what becomes one: a `Vec` of addresses or endpoints. Of several that
/// are ready the last is told. An error is told after the list before it, and the stream is asked on; at its end the
/// channel keeps the last list. A stream of what is added and removed is for [`Discovered`](super::Discovered).
///
/// ```
/// use std::{future::poll_fn, io, net::SocketAddr};
/// use tokio_stream::{StreamExt, wrappers::WatchStream};
/// use ziggurat::balance::{Resolver, resolve::Updates};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let servers: Vec<SocketAddr> = vec!["10.0.0.1:50051".parse()?];
/// let (configured, watched) = tokio::sync::watch::channel(servers);
/// let lists = WatchStream::new(watched).map(Ok::<_, io::Error>);
/// let mut updates = Updates::new(lists).named("the configuration");
/// assert_eq!(poll_fn(|cx| updates.poll_resolution(cx)).await.unwrap()?.endpoints.len(), 1);
///
/// configured.send(vec!["10.0.0.1:50051".parse()?, "10.0.0.2:50051".parse()?])?;
/// assert_eq!(poll_fn(|cx| updates.poll_resolution(cx)).await.unwrap()?.endpoints.len(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Updates<S> {
    /// For messages only.
    name: Cow<'static, str>,
    /// Boxed once, so that the stream need not be `Unpin`.
    lists: Pin<Box<S>>,
    /// What the stream said that is not told yet, beside lists.
    gathered: Gathered,
    /// The last that came, until it is told.
    latest: Option<Resolution>,
}

impl<S: Stream> Updates<S> {
    /// Tells what this stream has.
    pub fn new(lists: S) -> Self {
        Self {
            name: "a stream of lists".into(),
            lists: Box::pin(lists),
            gathered: Gathered::default(),
            latest: None,
        }
    }

    /// What messages call it, in place of *a stream of lists*.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }
}

impl<S, R, E> Resolver for Updates<S>
where
    S: Stream<Item = Result<R, E>> + Send + 'static,
    R: Into<Resolution>,
    E: Into<BoxError>,
{
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>> {
        let Self { lists, latest, .. } = self;
        let next = |cx: &mut Context<'_>| lists.as_mut().poll_next(cx);
        let take = |list: R| *latest = Some(list.into());
        self.gathered.gather(cx, next, take);
        match self.latest.take() {
            Some(resolution) => Poll::Ready(Some(Ok(resolution))),
            None => self.gathered.rest(),
        }
    }
}

impl<S> fmt::Debug for Updates<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updates")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
