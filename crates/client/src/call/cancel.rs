//! Calls that are cancelled from elsewhere, while their answer is read.
//!
//! The first handle of a call puts its answer behind a lock, so that whoever cancels can end it at
//! once, also while nobody reads. Calls without a handle have no lock.

use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{Metadata, Status, frame::Batch};

use super::answering::{Answering, BoxAnswer, Cancel};
use crate::response::{Beside, Opening};

/// Cancels a call from elsewhere, while its answer is read; clones cancel the same call.
///
/// [`Opened::cancel_handle`], [`Reply::cancel_handle`] and [`Streaming::cancel_handle`] give it.
/// Of a split call the reading half has it, or take it before the split; a [`Sender`] cancels when
/// it is dropped. A handle keeps nothing alive: dropped, it does nothing, and when the call has
/// ended, [`cancel`](Self::cancel) does nothing.
///
/// # What the reader gets
///
/// Reading goes on, and tells the call's last word: first the messages that had arrived, then a
/// status CANCELLED that [is local](Status::is_local) and stays. Initial metadata that had arrived
/// is there, on its own and in the status. A `send` that waits, and each later one, fails with
/// CANCELLED too.
///
/// A cancel that comes before the status was read wins over it, even if it had arrived (B-21): then
/// the server sees no cancel, and may have done all that was asked. Read the status first, and it
/// stays what it was.
///
/// # What the server sees
///
/// RST_STREAM with CANCEL, at once, also where flow control blocks the request or nobody reads the
/// answer (B-20). If the request had not ended, no END_STREAM is sent: half a request does not look
/// whole (B-23). A call whose request had not left sends nothing at all.
///
/// [`Opened::cancel_handle`]: crate::open::Opened::cancel_handle
/// [`Reply::cancel_handle`]: crate::open::Reply::cancel_handle
/// [`Streaming::cancel_handle`]: crate::Streaming::cancel_handle
/// [`Sender`]: crate::open::Sender
///
/// # Example
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
/// # fn main() { run(async {
/// use ziggurat::{Client, Code};
///
/// let mut call = Client::new(cafe()).open().bidi(&CHAT);
/// let handle = call.cancel_handle();
/// let reading = tokio::spawn(async move {
///     call.send("hello".to_owned()).await?;
///     while let Some(line) = call.recv().await? {
///         println!("{line}");
///     }
///     Ok::<_, ziggurat::Status>(())
/// });
/// handle.cancel();
/// let status = reading.await?.unwrap_err();
/// assert_eq!(status.code(), Code::Cancelled);
/// assert!(status.is_local());
/// # Ok(()) }) }
/// ```
#[derive(Clone)]
pub struct CancelHandle(Arc<dyn Cancel>);

struct Shared(Mutex<State>);

struct State {
    answer: Place,
    reader: Option<Waker>,
}

/// Where the answer is. It is used outside of the lock: what is inside of it may cancel, too.
enum Place {
    Here(BoxAnswer),
    /// Its reader polls it.
    Away,
    /// Who has it is to cancel it.
    Asked,
    /// Its reader dropped it.
    Gone,
}

impl CancelHandle {
    /// The handle of this answer, which is cancellable from now on.
    pub(crate) fn of(answer: &mut BoxAnswer) -> Self {
        if let Some(canceller) = answer.canceller() {
            return Self(canceller);
        }
        let shared = Arc::new(Shared(Mutex::new(State {
            answer: Place::Gone,
            reader: None,
        })));
        let cancellable = Cancellable {
            shared: Arc::clone(&shared),
            seen: Seen {
                beside: beside(answer),
                begun: false,
                deadline: answer.deadline(),
            },
        };
        let inner = mem::replace(answer, Box::pin(cancellable));
        shared.lock().answer = Place::Here(inner);
        Self(shared)
    }

    /// Cancels the call; nothing if it has ended, or was cancelled.
    ///
    /// When it returns, the reset is on its way; if another thread polls the call right now, it
    /// leaves when that poll ends, so a request's stream that holds its thread holds it back too.
    /// Messages that had arrived are taken in for the reader, up to 2 MiB of them.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the answer for its reader; `None` while it is being cancelled, whose end wakes.
    fn take(&self, reader: Option<&Waker>) -> Option<Taken<'_>> {
        let mut state = self.lock();
        if let Some(reader) = reader {
            match &mut state.reader {
                Some(known) => known.clone_from(reader),
                unknown => *unknown = Some(reader.clone()),
            }
        }
        match mem::replace(&mut state.answer, Place::Away) {
            Place::Here(answer) => Some(Taken::new(self, answer)),
            away => {
                state.answer = away;
                None
            }
        }
    }

    fn wake_reader(&self) {
        let reader = self.lock().reader.take();
        reader.into_iter().for_each(Waker::wake);
    }
}

impl Cancel for Shared {
    fn cancel(&self) {
        let mut state = self.lock();
        match mem::replace(&mut state.answer, Place::Asked) {
            Place::Here(answer) => {
                drop(state);
                Taken::new(self, answer).put_back();
            }
            Place::Away | Place::Asked => {}
            Place::Gone => state.answer = Place::Gone,
        }
    }
}

/// An answer outside of the lock; it goes back also when what polls it panics.
struct Taken<'a> {
    shared: &'a Shared,
    answer: Option<BoxAnswer>,
}

impl<'a> Taken<'a> {
    fn new(shared: &'a Shared, answer: BoxAnswer) -> Self {
        let answer = Some(answer);
        Self { shared, answer }
    }

    fn answer(&mut self) -> Pin<&mut BoxAnswer> {
        Pin::new(self.answer.as_mut().expect("it goes back at the end"))
    }

    /// Puts the answer back, and cancels it first if somebody asks for that.
    fn put_back(mut self) {
        if self.is_to_cancel() {
            self.answer().cancel();
            while self.is_to_cancel() {} // once is enough
            self.shared.wake_reader();
        }
    }

    /// Whether it is to be cancelled; if not, it is back.
    fn is_to_cancel(&mut self) -> bool {
        let mut state = self.shared.lock();
        if let Place::Asked = state.answer {
            state.answer = Place::Away;
            return true;
        }
        if let Place::Away = state.answer
            && let Some(answer) = self.answer.take()
        {
            state.answer = Place::Here(answer);
        }
        false
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let Some(answer) = self.answer.take() else {
            return;
        };
        let mut state = self.shared.lock();
        if let Place::Gone = state.answer {
            drop(state); // and then the answer
            return;
        }
        state.answer = Place::Here(answer);
        drop(state);
        self.shared.wake_reader();
    }
}

/// An answer with handles, from the side of its reader.
struct Cancellable {
    shared: Arc<Shared>,
    seen: Seen,
}

/// A copy of what came beside the messages so far.
fn beside(answer: &BoxAnswer) -> Beside {
    Beside {
        opening: answer.opening().clone(),
        trailing: answer.trailing().cloned().unwrap_or_default(),
    }
}

/// What the reader may look at without the lock.
struct Seen {
    beside: Beside,
    /// The headers are in it.
    begun: bool,
    deadline: Option<Deadline>,
}

impl Seen {
    fn poll_head(
        &mut self,
        mut answer: Pin<&mut BoxAnswer>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let head = ready!(answer.as_mut().poll_head(cx));
        if !mem::replace(&mut self.begun, true) {
            self.beside = beside(&answer);
        }
        Poll::Ready(head)
    }

    /// Polls for the headers first, and then for messages.
    fn poll_next<T>(
        &mut self,
        mut answer: Pin<&mut BoxAnswer>,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut BoxAnswer>, &mut Context<'_>) -> Poll<Option<Result<T, Status>>>,
    ) -> Poll<Option<Result<T, Status>>> {
        if let Err(status) = ready!(self.poll_head(answer.as_mut(), cx)) {
            return Poll::Ready(Some(Err(status)));
        }
        let next = ready!(poll(answer.as_mut(), cx));
        if next.is_none() {
            self.beside = beside(&answer);
        }
        Poll::Ready(next)
    }
}

impl Cancellable {
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Seen, Pin<&mut BoxAnswer>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Some(mut taken) = self.shared.take(Some(cx.waker())) else {
            return Poll::Pending;
        };
        let polled = poll(&mut self.seen, taken.answer(), cx);
        self.seen.deadline = taken.answer().deadline();
        taken.put_back();
        polled
    }
}

impl Answering for Cancellable {
    fn poll_started(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.poll(cx, |_, answer, cx| answer.poll_started(cx))
    }

    fn poll_head(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.poll(cx, Seen::poll_head)
    }

    fn poll_message(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Status>>> {
        self.poll(cx, |seen, answer, cx| {
            seen.poll_next(answer, cx, BoxAnswer::poll_message)
        })
    }

    fn poll_batch(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Batch, Status>>> {
        self.poll(cx, |seen, answer, cx| {
            seen.poll_next(answer, cx, BoxAnswer::poll_batch)
        })
    }

    fn poll_elapsed(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Status> {
        self.poll(cx, |_, answer, cx| answer.poll_elapsed(cx))
    }

    fn deadline(&self) -> Option<Deadline> {
        self.seen.deadline
    }

    fn fail(self: Pin<&mut Self>, status: Status) -> Status {
        let Some(mut taken) = self.shared.take(None) else {
            // It is being cancelled right now: that is what the reader is told from now on (B-21).
            return status;
        };
        let status = taken.answer().fail(status);
        taken.put_back();
        status
    }

    fn cancel(self: Pin<&mut Self>) {
        self.shared.cancel();
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(Arc::<Shared>::clone(&self.shared))
    }

    fn opening(&self) -> &Opening {
        &self.seen.beside.opening
    }

    fn trailing(&self) -> Option<&Metadata> {
        Some(&self.seen.beside.trailing)
    }

    fn take_beside(mut self: Pin<&mut Self>) -> Beside {
        mem::take(&mut self.seen.beside)
    }
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        let answer = mem::replace(&mut self.shared.lock().answer, Place::Gone);
        drop(answer); // outside of the lock
    }
}
