//! The task of a connection: moves bytes between the client and the shared state.
//!
//! A script changes the state under the lock and wakes the task; the task works under the lock and wakes every waiting
//! script, which looks again whether it got what it waits for. Neither holds the lock while it waits.
//!
//! ```text
//! Script ──dropped──▶ Nobody ──written, shut down, client's side ended──▶ over
//!    └─────torn down─────▶ Torn ─────────────────────────────────────────▶ over
//! ```

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
};

use super::{
    Options,
    state::{Input, Output, Owner, State},
};
use crate::peer::PeerError;

/// Gives the script and the task access to one connection.
pub(super) struct Shared {
    /// Held for a look or a step, and never while somebody waits.
    state: Mutex<State>,
    /// Wakes each script that waits, after each poll of the task.
    changed: Notify,
}

impl Shared {
    /// Of a connection that was just accepted.
    pub(super) fn new(options: Options) -> Self {
        Self {
            state: Mutex::new(State::new(options)),
            changed: Notify::new(),
        }
    }

    /// Locks the state; a script that has panicked leaves it usable, so that its connection can end.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the probe gives something; it is asked again after everything that happens.
    pub(super) async fn until<T>(
        &self,
        mut probe: impl FnMut(&mut State) -> Option<Result<T, PeerError>>,
    ) -> Result<T, PeerError> {
        loop {
            // Created before the probe, so that no change falls between the two.
            let changed = self.changed.notified();
            if let Some(outcome) = probe(&mut self.lock()) {
                return outcome;
            }
            changed.await;
        }
    }

    /// Like `until`, for what can only come from the client: ends when the client's side ends.
    pub(super) async fn until_received<T>(
        &self,
        mut probe: impl FnMut(&mut State) -> Option<Result<T, PeerError>>,
    ) -> Result<T, PeerError> {
        self.until(|state| {
            probe(state).or_else(|| match &state.input {
                Input::Ended(error) => Some(Err(error.clone())),
                Input::Reading | Input::Stopped => None,
            })
        })
        .await
    }
}

/// Runs a connection to its end.
pub(super) async fn drive(io: impl AsyncRead + AsyncWrite, shared: Arc<Shared>) {
    let mut io = pin!(io);
    let mut scratch = vec![0; 16 * 1024];
    poll_fn(|cx| {
        let end = poll(&mut shared.lock(), io.as_mut(), &mut scratch, cx);
        shared.changed.notify_waiters();
        end
    })
    .await;
}

/// Writes what can be written and reads what is there, until neither goes on.
///
/// The state stays locked meanwhile: after a script stopped the reading, nothing more is read.
fn poll<T: AsyncRead + AsyncWrite>(
    state: &mut State,
    mut io: Pin<&mut T>,
    scratch: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<()> {
    state.driver = Some(cx.waker().clone());
    if matches!(state.owner, Owner::Torn) {
        state.input = Input::Ended(PeerError::Closed);
        state.output = Output::Ended(PeerError::Closed);
        return Poll::Ready(());
    }
    loop {
        if let Poll::Ready(error) = poll_output(state, io.as_mut(), cx) {
            state.output = Output::Ended(error);
        }
        if is_over(state) {
            return Poll::Ready(());
        }
        match poll_input(state, io.as_mut(), scratch, cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => state.input = Input::Ended(error),
            Poll::Pending => return Poll::Pending,
        }
    }
}

/// Whether neither a script nor the client wants the connection any more.
fn is_over(state: &State) -> bool {
    matches!(state.owner, Owner::Nobody)
        && matches!(state.output, Output::Ended(_))
        && !matches!(state.input, Input::Reading)
}

/// Writes what is queued; ready when nothing will ever be written again.
fn poll_output<T: AsyncWrite>(
    state: &mut State,
    mut io: Pin<&mut T>,
    cx: &mut Context<'_>,
) -> Poll<PeerError> {
    if matches!(state.output, Output::Ended(_)) {
        return Poll::Pending;
    }
    while !state.unwritten().is_empty() {
        match ready!(io.as_mut().poll_write(cx, state.unwritten())) {
            Ok(0) => return Poll::Ready(io::Error::from(io::ErrorKind::WriteZero).into()),
            Ok(written) => state.wrote(written),
            Err(error) => return Poll::Ready(error.into()),
        }
    }
    if let Err(error) = ready!(io.as_mut().poll_flush(cx)) {
        return Poll::Ready(error.into());
    }
    if matches!(state.output, Output::Closing) {
        // The client may have closed first; then there is nothing left to shut down.
        let _ = ready!(io.poll_shutdown(cx));
        return Poll::Ready(PeerError::Closed);
    }
    Poll::Pending
}

/// Reads once; ready when something was read or the client's side ended.
fn poll_input<T: AsyncRead>(
    state: &mut State,
    io: Pin<&mut T>,
    scratch: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<Result<(), PeerError>> {
    if !matches!(state.input, Input::Reading) {
        return Poll::Pending;
    }
    let mut read = ReadBuf::new(scratch);
    ready!(io.poll_read(cx, &mut read))?;
    if read.filled().is_empty() {
        return Poll::Ready(Err(PeerError::Closed));
    }
    state.received(read.filled());
    Poll::Ready(Ok(()))
}
