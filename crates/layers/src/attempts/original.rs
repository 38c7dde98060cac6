use std::mem;

use http::{HeaderName, HeaderValue, Request, Response};
use ziggurat_protocol::{Body, status::progress::GaveUp};

use super::head::Head;
use crate::context::CallContext;

/// The request header that tells a server how many attempts came before (C-17).
const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// How much of a request may be kept to be sent again, where the call does not say: 256 KiB (C-25).
const LIMIT: usize = 256 * 1024;

/// The request of a call that may be sent again: it is put by, and each attempt is a clone of it.
///
/// The body that is put by is the one that came, so that it knows how far each of its clones is (C-56). A request that
/// cannot be cloned is sent all the same, once. Its head is kept as it was, and each attempt may write into its own.
/// Dropping it lets go of what it keeps (C-27).
pub(crate) struct Original {
    /// `None` if it is larger than may be kept, or was let go.
    kept: Option<(Head, Body)>,
    /// That of the first attempt: the mark that somebody sends again, and the slot that all attempts tell into.
    context: CallContext,
}

impl Original {
    /// Makes a request the first attempt, marked as such; [`keep`](Self::keep) keeps it.
    #[inline]
    pub(crate) fn of(request: &mut Request<Body>) -> Self {
        let context = mark(request);
        Self {
            kept: None,
            context,
        }
    }

    /// Keeps what is needed to send the request again, if it is not larger than may be kept.
    pub(crate) fn keep(&mut self, request: &mut Request<Body>) {
        let limit = self.context.resend_limit().unwrap_or(LIMIT);
        if request.body().whole().is_some_and(|bytes| bytes > limit) {
            return;
        }
        if let Some(first) = request.body().try_clone() {
            let head = Head::of(request);
            self.kept = Some((head, mem::replace(request.body_mut(), first)));
        }
    }

    /// Whether another attempt would send all of it.
    pub(crate) fn can_replay(&self) -> bool {
        self.body().is_some_and(Body::can_replay)
    }

    /// One more attempt, after so many, of which so many have failed; `None` if it [cannot be](Self::can_replay).
    ///
    /// Its header says how many were made (C-17), and its context how many failed: what a server refuses unread is sent
    /// again at once while none did (C-31), though others run.
    pub(crate) fn attempt(&self, previous: u32, failed: u32) -> Option<Request<Body>> {
        let (head, body) = self.kept.as_ref()?;
        let mut request = head.with(body.try_clone()?);
        if previous > 0 {
            request
                .headers_mut()
                .insert(PREVIOUS_ATTEMPTS, HeaderValue::from(previous));
        }
        let context = self.context.clone().with_previous_attempts(failed);
        context.put_into(&mut request);
        Some(request)
    }

    /// What it keeps, for who waits for its overflow (C-56); `None` once it was let go.
    pub(crate) fn body(&self) -> Option<&Body> {
        self.kept.as_ref().map(|(_, body)| body)
    }

    /// Of so many attempts these are over: should a transport still read them, it takes nothing from the others.
    pub(crate) fn give_up_attempts(&self, attempts: u32, is_over: impl Fn(usize) -> bool) {
        if let Some(body) = self.body() {
            body.give_up_clones(attempts as usize, is_over);
        }
    }

    /// Lets go of what it keeps: the call is committed (C-27).
    pub(crate) fn let_go(&mut self) {
        self.kept = None;
    }

    /// Lets go of the request, and leaves with the answer what was told (T-25).
    ///
    /// The call waits for nothing any more; an attempt that was cancelled may have left word that it did.
    pub(crate) fn finish<B>(&mut self, answer: &mut Response<B>) {
        self.let_go();
        if let Some(slot) = self.context.told() {
            slot.go_on();
            slot.add_to(answer);
        }
    }

    /// Tells why no attempt follows, if the policy would have had one; what failed for good the first time tells nothing.
    pub(crate) fn give_up(&self, why: Option<GaveUp>) {
        if let (Some(why), Some(slot)) = (why, self.context.progress()) {
            slot.give_up(why);
        }
    }

    /// Where it is told how the call comes along.
    pub(crate) fn context(&self) -> &CallContext {
        &self.context
    }
}

/// Leaves word in a request that it is sent again if it fails; the header that tells of attempts is the floor's (C-17).
fn mark(request: &mut Request<Body>) -> CallContext {
    // Requests have few names, and most have not this one: comparing them costs less than hashing it.
    if (request.headers().keys()).any(|name| *name == PREVIOUS_ATTEMPTS) {
        request.headers_mut().remove(PREVIOUS_ATTEMPTS);
    }
    let context = CallContext::of(request).unwrap_or_default().repeated();
    context.clone().put_into(request);
    context
}
