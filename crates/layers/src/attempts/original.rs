use http::{HeaderName, HeaderValue, Request, Response};
use tokio::time::Instant;
use ziggurat_protocol::{Body, body::try_clone_request, status::progress::GaveUp};

use crate::context::CallContext;

/// The request header that tells a server how many attempts came before (C-17).
const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// How much of a request may be kept to be sent again, where the call does not say: 256 KiB (C-25).
const LIMIT: usize = 256 * 1024;

/// The request of a call that may be sent again: it is put by, and each attempt is a clone of it.
///
/// What is put by is the request as it came, so that it knows how far each of its clones is (C-56). A request that cannot be
/// cloned is sent all the same, once. Its head is kept as it was, and each attempt may write into its own. Dropping it lets
/// go of what it keeps (C-27).
pub(crate) struct Original {
    /// `None` if it is larger than may be kept, or was let go.
    request: Option<Request<Body>>,
    /// That of the first attempt: the mark that somebody sends again, and the slot that all attempts tell into.
    context: CallContext,
}

impl Original {
    /// Keeps a request, and makes the first attempt of it; the header that tells of attempts is the floor's (C-17).
    pub(crate) fn new(mut request: Request<Body>) -> (Self, Request<Body>) {
        request.headers_mut().remove(PREVIOUS_ATTEMPTS);
        let context = CallContext::of(&request).unwrap_or_default();
        let context = context.with_previous_attempts(0).with_begun(Instant::now());
        context.clone().put_into(&mut request);
        let limit = context.resend_limit().unwrap_or(LIMIT);
        let fits = (request.body().whole()).is_none_or(|bytes| bytes <= limit);
        let (kept, first) = match fits.then(|| try_clone_request(&request)).flatten() {
            Some(first) => (Some(request), first),
            None => (None, request),
        };
        let original = Self {
            request: kept,
            context,
        };
        (original, first)
    }

    /// Whether another attempt would send all of it.
    pub(crate) fn can_replay(&self) -> bool {
        (self.request.as_ref()).is_some_and(|request| request.body().can_replay())
    }

    /// One more attempt, after so many, of which so many have failed; `None` if it [cannot be](Self::can_replay).
    ///
    /// Its header says how many were made (C-17), and its context how many failed: what a server refuses unread is sent
    /// again at once while none did (C-31), though others run.
    pub(crate) fn attempt(&self, previous: u32, failed: u32) -> Option<Request<Body>> {
        let mut request = try_clone_request(self.request.as_ref()?)?;
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
        self.request.as_ref().map(Request::body)
    }

    /// Of so many attempts these are over: should a transport still read them, it takes nothing from the others.
    pub(crate) fn give_up_attempts(&self, attempts: u32, is_over: impl Fn(usize) -> bool) {
        if let Some(request) = &self.request {
            request.body().give_up_clones(attempts as usize, is_over);
        }
    }

    /// Lets go of what it keeps: the call is committed (C-27).
    pub(crate) fn let_go(&mut self) {
        self.request = None;
    }

    /// Lets go of the request, and leaves with the answer what was told (T-25).
    pub(crate) fn finish<B>(&mut self, mut answer: Response<B>) -> Response<B> {
        self.let_go();
        if let Some(slot) = self.context.told() {
            slot.add_to(&mut answer);
        }
        answer
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
