use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

/// Wakes the task of a channel, and keeps what it is told until it looks.
///
/// Endpoints speak to it under their locks, calls under that of the queue: it has a lock of its own, calls nobody, and only
/// wakes.
#[derive(Debug, Default)]
pub(super) struct Signal {
    waker: AtomicWaker,
    news: Mutex<News>,
    is_dirty: AtomicBool,
}

/// What happened since the task looked last.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The slots of the endpoints that stand differently; each as often as it was told and no more often than once a look.
    pub(super) changed: Vec<u32>,
    /// The network is back.
    pub(super) is_back: bool,
    /// A call or a handle waits for a connection.
    pub(super) is_asked: bool,
}

impl Signal {
    /// The endpoint of this slot stands differently.
    pub(super) fn changed(&self, slot: u32) {
        self.news().changed.push(slot);
        self.wake();
    }

    /// The network is back.
    pub(super) fn is_back(&self) {
        self.news().is_back = true;
        self.wake();
    }

    /// A call or a handle waits for a connection.
    pub(super) fn is_asked(&self) {
        if !mem::replace(&mut self.news().is_asked, true) {
            self.wake();
        }
    }

    /// Something is to be looked at.
    pub(super) fn wake(&self) {
        self.is_dirty.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Ready as soon as there is something to look at, once for all there is.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        if self.is_dirty.swap(false, Ordering::Acquire) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// What was told since.
    pub(super) fn take(&self) -> News {
        mem::take(&mut *self.news())
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
