use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use pin_project_lite::pin_project;
use ziggurat_protocol::Status;

/// What a streamed request can be made of: a stream of messages, a stream of results, or an iterator.
///
/// `K` only tells the three apart and is always inferred. An `Err` of a stream ends the call with that status; the
/// server sees a cancelled call, never a complete request (B-24).
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream or an iterator of `{M}`",
    note = "expected a `Stream<Item = {M}>`, a `Stream<Item = Result<{M}, Status>>` or an `IntoIterator<Item = {M}>`"
)]
pub trait IntoMessages<M, K> {
    /// The messages as a stream.
    type Stream: Stream<Item = Result<M, Status>> + Send + 'static;

    /// Makes the stream.
    fn into_messages(self) -> Self::Stream;
}

/// Marks streams of messages.
#[derive(Debug)]
pub enum FromStream {}

/// Marks streams of results.
#[derive(Debug)]
pub enum FromResults {}

/// Marks iterators.
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
    /// A stream whose items are all messages.
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
}

/// A stream of what an iterator gives.
#[derive(Debug)]
pub struct Iter<I>(I);

impl<I> Unpin for Iter<I> {}

impl<I: Iterator> Stream for Iter<I> {
    type Item = Result<I::Item, Status>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}
