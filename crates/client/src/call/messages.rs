use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use pin_project_lite::pin_project;
use ziggurat_protocol::Status;

/// What a streamed request can be made of: a stream of messages or of results, or an iterator.
///
/// `K` only tells the three apart and is always inferred. An `Err` of a stream ends the call with
/// that status; the server sees a cancelled call, never a complete request (B-24).
///
/// A message is taken when there is room for it, on the task that polls the call: whenever its
/// future is polled, or its [`Streaming`](crate::Streaming) is read or asked for headers. A slow
/// source delays its own call and no other, and a panic in it is that task's. So the request of a
/// call whose answers nobody reads does not go on, but for what is there at once: read them, or use
/// an [opened call](crate::open).
///
/// ```
/// use ziggurat::IntoMessages;
///
/// fn takes<K>(_: impl IntoMessages<u32, K>) {}
/// takes([1, 2, 3]);
/// takes(tokio_stream::iter(vec![1, 2, 3]));
/// takes(tokio_stream::iter([Ok::<u32, ziggurat::Status>(1)]));
/// takes([]);
/// ```
///
/// A request that gives up after its first message:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use tokio_stream::iter;
/// use ziggurat::{Client, Code, Status};
///
/// let beans = iter([
///     Ok("a bean".to_owned()),
///     Err(Status::new(Code::Aborted, "the bag is torn")),
/// ]);
/// let client = Client::new(cafe());
/// let status = client.client_streaming(&UPLOAD, beans).await.unwrap_err();
/// assert_eq!(status.to_string(), "ABORTED: the bag is torn");
/// # Ok(()) }) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream or an iterator of `{M}`",
    note = "expected a `Stream<Item = {M}>`, a `Stream<Item = Result<{M}, Status>>` or an `IntoIterator<Item = {M}>`"
)]
pub trait IntoMessages<M, K> {
    /// The messages as a stream.
    type Stream: Stream<Item = Result<M, Status>> + Send + 'static;

    /// Makes the stream; nothing is taken from it yet.
    fn into_messages(self) -> Self::Stream;
}

/// Marks streams of messages: what `K` of [`IntoMessages`] is inferred to.
#[derive(Debug)]
pub enum FromStream {}

/// Marks streams of results, whose error is a [`Status`].
#[derive(Debug)]
pub enum FromResults {}

/// Marks iterators, and what becomes one.
#[derive(Debug)]
pub enum FromIterator {}

#[diagnostic::do_not_recommend]
impl<M, St> IntoMessages<M, FromStream> for St
where
    St: Stream<Item = M> + Send + 'static,
{
    type Stream = Sure<St>;

    fn into_messages(self) -> Sure<St> {
        Sure { stream: self }
    }
}

#[diagnostic::do_not_recommend]
impl<M, St> IntoMessages<M, FromResults> for St
where
    St: Stream<Item = Result<M, Status>> + Send + 'static,
{
    type Stream = St;

    fn into_messages(self) -> St {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<M, I> IntoMessages<M, FromIterator> for I
where
    I: IntoIterator<Item = M>,
    I::IntoIter: Send + 'static,
{
    type Stream = Iter<I::IntoIter>;

    fn into_messages(self) -> Iter<I::IntoIter> {
        Iter(self.into_iter())
    }
}

pin_project! {
    /// A stream whose items are all messages, as one of results.
    #[derive(Debug)]
    pub struct Sure<St> {
        #[pin]
        stream: St,
    }
}

impl<St: Stream> Stream for Sure<St> {
    type Item = Result<St::Item, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().stream.poll_next(cx).map(|item| item.map(Ok))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

/// A stream of what an iterator gives; each item is ready at once.
#[derive(Debug)]
pub struct Iter<I>(I);

impl<I> Unpin for Iter<I> {}

impl<I: Iterator> Stream for Iter<I> {
    type Item = Result<I::Item, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}
