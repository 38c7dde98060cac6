//! The task of a channel that is not idle: it waits until a turn is due, takes it, and publishes what came of it.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Weak,
};

use tokio::task::yield_now;
use ziggurat_transport::channel::many::Endpoint;

use super::{
    core::Core,
    version::Version,
    work::{After, Turned, Work},
};

/// Runs the task of this channel, with what it works with.
///
/// It ends with the channel, when that is closed or idle, and with its runtime. At idleness it gives back what it works
/// with, and the next call starts another.
pub(super) fn spawn<S: Clone + Send + 'static>(core: Weak<Core<S>>, work: Box<Work<S>>) {
    let running = Running {
        core,
        work: Some(work),
    };
    tokio::spawn(running.run());
}

/// A task that runs. If it is dropped before its end, those are told who wait.
struct Running<S> {
    core: Weak<Core<S>>,
    work: Option<Box<Work<S>>>,
}

impl<S: Clone + Send + 'static> Running<S> {
    async fn run(mut self) {
        let Some(work) = &mut self.work else { return };
        work.begin();
        loop {
            let Some(work) = &mut self.work else { return };
            poll_fn(|cx| work.poll(cx)).await;
            let Some(core) = self.core.upgrade().filter(|core| !core.is_closed()) else {
                self.work = None;
                return;
            };
            match work.turn(|| core.asked()) {
                After::Goes(turned) => {
                    let Turned {
                        outlook,
                        observer,
                        published,
                        gone,
                    } = turned;
                    let publishes = || {
                        core.publish(|number| Version::new(number, &outlook, observer, published));
                    };
                    // Who waits is picked for here.
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(publishes)) {
                        core.end(work.panicked(&*panic));
                    }
                    // Those that wait there find the new version.
                    gone.iter().for_each(Endpoint::close);
                }
                After::Rests => self.work = self.work.take().and_then(|work| core.rest(work).err()),
                After::Ends(error) => core.end(error),
            }
            // One turn, and others come: whatever goes on here without an end, theirs is the thread.
            drop(core);
            yield_now().await;
        }
    }
}

impl<S> Drop for Running<S> {
    fn drop(&mut self) {
        if let (Some(core), Some(work)) = (self.core.upgrade(), self.work.take()) {
            core.stopped(work);
        }
    }
}
