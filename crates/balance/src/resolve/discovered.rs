use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt,
    hash::Hash,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use tower::discover::{Change, Discover};
use ziggurat_transport::BoxError;

use super::{Resolution, Resolver, gathered::Gathered};
use crate::Endpoint;

/// Tells the endpoints of a [`tower::discover::Discover`], which says what is added and what is removed.
///
/// That is any stream of `Result<Change<Key, E>, Error>`, where `E` can become an [`Endpoint`]: a watch of a registry. The
/// endpoints are told in the order in which their keys were first inserted. What is inserted under a key that is there
/// takes the place of what was there; to remove a key that is not there does nothing.
///
/// All changes that are ready are told as one list, up to 1,024 of them. An error is told after the changes before it, and
/// the stream is asked on; at its end the channel keeps the last list.
///
/// ```
/// use std::{future::poll_fn, io, net::SocketAddr};
/// use tokio_stream::wrappers::ReceiverStream;
/// use tower::discover::Change;
/// use ziggurat::balance::{Resolver, resolve::Discovered};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let (registry, changes) = tokio::sync::mpsc::channel::<io::Result<Change<&str, SocketAddr>>>(16);
/// let mut discovered = Discovered::new(ReceiverStream::new(changes)).named("the registry");
///
/// registry.send(Ok(Change::Insert("cafe-0", "10.0.0.1:50051".parse()?))).await?;
/// registry.send(Ok(Change::Insert("cafe-1", "10.0.0.2:50051".parse()?))).await?;
/// let resolution = poll_fn(|cx| discovered.poll_resolution(cx)).await.unwrap()?;
/// assert_eq!(resolution.endpoints.len(), 2);
///
/// registry.send(Ok(Change::Remove("cafe-0"))).await?;
/// let resolution = poll_fn(|cx| discovered.poll_resolution(cx)).await.unwrap()?;
/// assert_eq!(resolution.endpoints.len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct Discovered<D: Discover> {
    /// For messages only.
    name: Cow<'static, str>,
    /// Boxed once, so that the stream need not be `Unpin`.
    changes: Pin<Box<D>>,
    /// What the stream said that is not told yet, beside changes.
    gathered: Gathered,
    /// Its size is that of the registry, however many changes come.
    list: List<D::Key>,
}

/// The endpoints there are, in the order in which their keys came.
struct List<K> {
    /// The number of each key.
    numbers: HashMap<K, u64>,
    /// By the number of their key.
    endpoints: BTreeMap<u64, Endpoint>,
    /// That of the next new key.
    next: u64,
    /// Whether it is another than the one that was told last.
    is_new: bool,
}

impl<D: Discover> Discovered<D> {
    /// Tells what this discovers.
    ///
    /// Nothing is told before the first change: until then calls wait. A registry that has no servers at all says so with an
    /// error.
    pub fn new(changes: D) -> Self {
        Self {
            name: "a discovery".into(),
            changes: Box::pin(changes),
            gathered: Gathered::default(),
            list: List {
                numbers: HashMap::new(),
                endpoints: BTreeMap::new(),
                next: 0,
                is_new: false,
            },
        }
    }

    /// What messages call it, in place of *a discovery*.
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }
}

impl<D> Resolver for Discovered<D>
where
    D: Discover<Key: Hash + Send, Service: Into<Endpoint>, Error: Into<BoxError>> + Send + 'static,
    D::Key: 'static,
{
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    /// It has only addresses.
    fn brings_config(&self) -> bool {
        false
    }

    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>> {
        let Self { changes, list, .. } = self;
        let next = |cx: &mut Context<'_>| changes.as_mut().poll_discover(cx);
        self.gathered.gather(cx, next, |change| list.apply(change));
        match list.told() {
            Some(resolution) => Poll::Ready(Some(Ok(resolution))),
            None => self.gathered.rest(),
        }
    }
}

impl<K: Eq + Hash> List<K> {
    /// An endpoint that is replaced keeps its place.
    fn apply<E: Into<Endpoint>>(&mut self, change: Change<K, E>) {
        match change {
            Change::Insert(key, endpoint) => {
                let number = *self.numbers.entry(key).or_insert(self.next);
                self.next = self.next.max(number + 1);
                self.endpoints.insert(number, endpoint.into());
                self.is_new = true;
            }
            Change::Remove(key) => {
                if let Some(number) = self.numbers.remove(&key) {
                    self.endpoints.remove(&number);
                    self.is_new = true;
                }
            }
        }
    }

    /// All of it, if there is something to tell.
    fn told(&mut self) -> Option<Resolution> {
        let is_new = mem::take(&mut self.is_new);
        is_new.then(|| Resolution::new(self.endpoints.values().cloned()))
    }
}

impl<D: Discover> fmt::Debug for Discovered<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovered")
            .field("name", &self.name)
            .field("endpoints", &self.list.endpoints.len())
            .finish_non_exhaustive()
    }
}
