//! The engine of every call: one request down, one answer up, whatever the shape and the messages.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use pin_project_lite::pin_project;
use ziggurat_layers::{
    context::{Deadline, ReceiveLimit},
    deadline, status,
};
use ziggurat_protocol::{
    BoxError, Code, Metadata, Status,
    compression::Encodings,
    frame::{Batch, Decoder},
    response::{self, Head},
};

use super::{
    Sending,
    answering::Answering,
    limit::{beyond, within},
    sent::Sent,
};
use crate::{
    channel,
    response::{Beside, Opening},
};

pin_project! {
    /// A call between its request and its status.
    ///
    /// ```text
    /// Sent ── headers ──▶ Open ───────── trailers, error ────────▶ Over
    ///   │                  └─ cancel ─▶ Cancelled ─ all is read ──▶┤
    ///   └──── Trailers-Only, no gRPC, error, cancel ──────────────▶┘
    /// ```
    ///
    /// Dropping it cancels too, in any state.
    ///
    /// A stream may be open for days and silent for hours, so what is of use in one state only stands in that state: what
    /// the answer is expected to be until its headers are there, what came with the status once it is. What an open stream
    /// keeps is its body, its decoder, and what came with the headers.
    ///
    /// Its parameters are what is [sent](Sent) and the body of the service: were they read off the service in a field,
    /// the compiler could not see in a spawned block that a call over a service with a boxed error is `Send`.
    pub(crate) struct Exchange<A, B> {
        #[pin]
        state: State<A, B>,
        sending: Sending,
        metadata_limit: usize,
        http: StatusCode,
        messages: Decoder,
        opening: Opening,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<A, B> {
        // The answer is to have the subtype of this type.
        Sent { #[pin] future: A, content_type: &'static str },
        Open { #[pin] body: deadline::ResponseBody<B> },
        // What had arrived is in the decoder.
        Cancelled,
        // With the trailing metadata, which a failure has in it.
        Over { end: Result<Metadata, Status> },
    }
}

impl<A, B> Exchange<A, B> {
    /// A call that [sends](Self::send) a request from the place where it stands, or is [refused](Self::refuse).
    ///
    /// What waits for an answer is half a kilobyte: made there, it is moved once and not with each shell around it.
    pub(super) fn idle() -> Self {
        Self {
            state: State::Cancelled, // what it comes to if neither happens
            sending: Sending::Whole,
            metadata_limit: 0,
            http: StatusCode::OK,
            messages: Decoder::new(0, Encodings::default()),
            opening: Opening::default(),
        }
    }

    /// ## Cancelled → Sent: a request is made, and leaves with the next poll
    ///
    /// The answer must have the subtype of `content_type` (A-77), and neither of its header blocks more than
    /// `metadata_limit` bytes (A-40).
    pub(super) fn send(
        self: Pin<&mut Self>,
        future: A,
        sending: Sending,
        content_type: &'static str,
        messages: Decoder,
        metadata_limit: usize,
    ) {
        let mut this = self.project();
        this.state.set(State::Sent {
            future,
            content_type,
        });
        *this.sending = sending;
        *this.messages = messages;
        *this.metadata_limit = metadata_limit;
    }

    /// ## Cancelled → Over: a call failed before anything was sent.
    pub(super) fn refuse(self: Pin<&mut Self>, status: Status) {
        self.project().state.set(State::Over { end: Err(status) });
    }
}

impl<A, B> Exchange<A, B>
where
    A: Sent<Body = B>,
    B: http_body::Body<Data: Buf, Error: Into<BoxError>> + 'static,
{
    /// Moves a streamed request on, when the clock has started (B-6).
    fn pump(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let this = self.project();
        if let Sending::Pumped(..) = this.sending {
            if let StateProj::Sent { future, .. } = this.state.project()
                && !future.start()
            {
                return;
            }
            this.sending.pump(cx);
        }
    }

    /// Waits for the headers; asked for each message, and most often they are there.
    fn poll_headers(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        match &self.state {
            State::Sent { .. } => self.poll_sent(cx),
            State::Over { end: Err(failure) } => Poll::Ready(Err(failure.clone())),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// The rest of it: out of the way of who has them.
    fn poll_sent(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let StateProj::Sent {
            future,
            content_type,
        } = self.as_mut().project().state.project()
        else {
            return Poll::Ready(Ok(()));
        };
        let content_type = *content_type;
        let answered = future.poll(cx);
        // The request's own failure goes before whatever the answer makes of it (B-21, B-24).
        if let Some(cause) = self.sending.abandoned(cx) {
            return Poll::Ready(Err(self.fail(cause)));
        }
        Poll::Ready(match ready!(answered) {
            Ok(response) => self.begin(response, content_type),
            Err(error) => Err(self.fail(status::from_error(error.into()))),
        })
    }

    /// Waits for more of the answer than the decoder has; `None` is its end with OK.
    fn poll_more(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(), Status>>> {
        let this = self.as_mut().project();
        let read = match this.state.project() {
            StateProj::Sent { .. } => return self.poll_headers(cx).map(Some),
            StateProj::Open { body } => body.poll_frame(cx),
            StateProj::Cancelled => return Poll::Ready(Some(Err(self.fail(cancelled())))),
            StateProj::Over { end } => return Poll::Ready(end.as_ref().err().cloned().map(Err)),
        };
        if let Some(cause) = self.sending.abandoned(cx) {
            return Poll::Ready(Some(Err(self.fail(cause))));
        }
        let ended = match ready!(read) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(mut data) => {
                    let data = data.copy_to_bytes(data.remaining());
                    self.as_mut().project().messages.push(data);
                    return Poll::Ready(Some(Ok(())));
                }
                Err(frame) => match frame.into_trailers() {
                    Ok(trailers) => self.as_mut().trailers(trailers, cx),
                    Err(_) => return Poll::Ready(Some(Ok(()))),
                },
            },
            Some(Err(error)) => Err(self.as_mut().fail(status::from_error(error))),
            None => Err(self.as_mut().missing_trailers()),
        };
        Poll::Ready(ended.err().map(Err))
    }

    /// Waits until the decoder gives something, and moves the request on.
    fn poll_decoded<T>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        take: impl Fn(&mut Decoder) -> Result<Option<T>, Status>,
    ) -> Poll<Option<Result<T, Status>>> {
        self.as_mut().pump(cx);
        loop {
            let this = self.as_mut().project();
            if let State::Open { .. } | State::Cancelled = *this.state {
                match take(this.messages) {
                    Ok(Some(taken)) => return Poll::Ready(Some(Ok(taken))),
                    Err(status) if !matches!(*this.state, State::Cancelled) => {
                        return Poll::Ready(Some(Err(self.fail(status))));
                    }
                    _ => {}
                }
            }
            if ready!(self.as_mut().poll_more(cx)?).is_none() {
                return Poll::Ready(None);
            }
        }
    }

    /// Takes in what had arrived of the answer; nothing that comes later, or never ends.
    fn gather(mut self: Pin<&mut Self>, cx: &mut Context<'_>) {
        if !self.as_mut().project().sending.has_started(cx)
            || self.as_mut().poll_headers(cx).is_pending()
        {
            return;
        }
        let mut room = GATHERED;
        while let this = self.as_mut().project()
            && let StateProj::Open { body } = this.state.project()
            && room > 0
            && let Poll::Ready(Some(Ok(frame))) = body.poll_frame(cx)
            && let Ok(mut data) = frame.into_data()
        {
            let data = data.copy_to_bytes(data.remaining());
            room = room.saturating_sub(data.len().max(LEAST));
            this.messages.push(data);
        }
    }

    /// ## Sent → Open or Over: the first header block arrived
    fn begin(
        mut self: Pin<&mut Self>,
        response: http::Response<deadline::ResponseBody<B>>,
        content_type: &str,
    ) -> Result<(), Status> {
        let ended = response.body().is_end_stream();
        let (mut parts, body) = response.into_parts();
        let this = self.as_mut().project();
        *this.http = parts.status;
        // In the body if a channel is right below, else where the ground floor puts it.
        let peer = body.get_ref().and_then(channel::ResponseBody::peer_of);
        this.opening.peer = peer.cloned().or_else(|| parts.extensions.remove());
        this.opening.progress = parts.extensions.remove();
        if let Some(ReceiveLimit(bytes)) = parts.extensions.remove() {
            this.messages.lower_limit(bytes);
        }
        match response::head(parts.status, &parts.headers, ended) {
            Head::Open => {
                let expected = response::expect_content_type(&parts.headers, content_type)
                    .and_then(|()| within(*this.metadata_limit, &parts.headers));
                this.messages
                    .set_encoding(response::encoding(&parts.headers));
                this.opening.initial = Metadata::from_received(parts.headers);
                let mut state = self.as_mut().project().state;
                state.set(State::Open { body });
                expected.map_err(|status| self.fail(status))
            }
            Head::Finished(result) => {
                let result =
                    result.map_err(|read| response::with_local_cause(read, &parts.extensions));
                self.finish(parts.headers, result) // A-38
            }
        }
    }

    /// ## → Over: the answer has ended
    fn finish(
        mut self: Pin<&mut Self>,
        trailers: HeaderMap,
        result: Result<(), Status>,
    ) -> Result<(), Status> {
        let mut this = self.as_mut().project();
        // What ended on this side is dropped, which cancels it (B-4).
        if let Some(watch) = this.sending.watch()
            && !response::is_local(&trailers)
        {
            watch.stop(); // A-85
        }
        let result = match within(*this.metadata_limit, &trailers) {
            Err(over) if !response::is_local(&trailers) => Err(beyond(over, result)),
            _ => result,
        };
        let trailing = Metadata::from_received(trailers);
        match result {
            Ok(()) => {
                this.state.set(State::Over { end: Ok(trailing) });
                this.sending.release();
                Ok(())
            }
            Err(status) => Err(self.fail_with(status, trailing)),
        }
    }

    /// ## → Over: the call has failed, here or at the server
    ///
    /// The status gets what had come beside the messages, and is kept for each later poll (A-148).
    fn fail_with(self: Pin<&mut Self>, status: Status, trailing: Metadata) -> Status {
        let mut this = self.project();
        let opening = this.opening.clone();
        let status = Beside { opening, trailing }.fail(status.into_failure()); // A-129
        let end = Err(status.clone());
        // Dropping future or body is what cancels the call (B-20).
        this.state.set(State::Over { end });
        this.sending.release();
        status
    }

    /// The last header block: trailers, and what stands behind them if they were written here.
    fn trailers(
        mut self: Pin<&mut Self>,
        trailers: HeaderMap,
        cx: &mut Context<'_>,
    ) -> Result<(), Status> {
        let this = self.as_mut().project();
        let mut result = response::trailers(*this.http, &trailers);
        if result.is_ok() && !this.messages.is_at_boundary() {
            result = Err(response::truncated()); // A-60
        }
        if response::is_local(&trailers)
            && let StateProj::Open { body } = this.state.project()
            && let Some(cause) = cause(body, cx)
        {
            result = result.map_err(|read| caused(read, cause));
        }
        self.finish(trailers, result)
    }

    /// The body ended without trailers (A-79), or inside a message.
    fn missing_trailers(self: Pin<&mut Self>) -> Status {
        let status = if self.messages.is_at_boundary() {
            response::missing_trailers(self.http)
        } else {
            response::truncated()
        };
        self.fail(status)
    }
}

impl<A, B> Answering for Exchange<A, B>
where
    A: Sent<Body = B>,
    B: http_body::Body<Data: Buf, Error: Into<BoxError>> + 'static,
{
    fn poll_started(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        // The answer first: polling it is what moves the request.
        let head = self.as_mut().poll_head(cx);
        if self.project().sending.has_started(cx) {
            return Poll::Ready(Ok(())); // whatever the answer says by now, reading it will tell
        }
        head
    }

    fn poll_head(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.as_mut().pump(cx);
        self.poll_headers(cx)
    }

    fn poll_message(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Status>>> {
        self.poll_decoded(cx, Decoder::next)
    }

    fn poll_batch(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Batch, Status>>> {
        let most = self.sending.together();
        self.poll_decoded(cx, |messages| messages.take(most))
    }

    fn poll_elapsed(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Status> {
        if let Err(status) = ready!(self.as_mut().poll_head(cx)) {
            return Poll::Ready(status);
        }
        let StateProj::Open { mut body } = self.as_mut().project().state.project() else {
            return Poll::Pending;
        };
        ready!(body.as_mut().poll_elapsed(cx));
        let ended = ready!(body.poll_frame(cx)).and_then(Result::ok);
        let trailers = ended.and_then(|frame| frame.into_trailers().ok());
        let ended = self.trailers(trailers.unwrap_or_default(), cx);
        ended.err().map_or(Poll::Pending, Poll::Ready)
    }

    fn deadline(&self) -> Option<Deadline> {
        match &self.state {
            State::Sent { future, .. } => future.deadline(),
            State::Open { body } => body.deadline(),
            State::Cancelled | State::Over { .. } => None,
        }
    }

    fn fail(self: Pin<&mut Self>, status: Status) -> Status {
        let trailing = self.trailing().cloned();
        self.fail_with(status, trailing.unwrap_or_default())
    }

    fn cancel(mut self: Pin<&mut Self>) {
        if let State::Cancelled | State::Over { .. } = self.state {
            return;
        }
        self.as_mut()
            .gather(&mut Context::from_waker(Waker::noop()));
        if let Some(watch) = self.sending.watch() {
            watch.cancel();
        }
        if let State::Open { .. } = self.state {
            let mut this = self.project();
            this.state.set(State::Cancelled);
            this.sending.release();
        } else {
            self.fail(cancelled()); // B-21: also over a status that had arrived
        }
    }

    fn opening(&self) -> &Opening {
        &self.opening
    }

    fn trailing(&self) -> Option<&Metadata> {
        match &self.state {
            State::Over { end: Ok(trailing) } => Some(trailing),
            State::Over { end: Err(failure) } => Some(failure.trailing_metadata()),
            _ => None,
        }
    }

    fn take_beside(self: Pin<&mut Self>) -> Beside {
        let this = self.project();
        let trailing = match this.state.project() {
            StateProj::Over { end: Ok(trailing) } => mem::take(trailing),
            _ => Metadata::default(),
        };
        let opening = mem::take(this.opening);
        Beside { opening, trailing }
    }
}

/// So many bytes of an answer are taken in when its call is cancelled: no less than a stream's window
/// by default.
const GATHERED: usize = 2 * 1024 * 1024;

/// What a frame counts for at least: a body in process may have empty ones without end.
const LEAST: usize = 64;

/// The last word of a call that was cancelled here.
fn cancelled() -> Status {
    Status::local(Code::Cancelled, "the call was cancelled on this side")
}

/// A floor's own status is whole; another cause is the source of what was read.
fn caused(read: Status, cause: BoxError) -> Status {
    match cause.downcast::<Status>() {
        Ok(whole) => *whole,
        Err(cause) => read.with_source(cause),
    }
}

/// What a body of ours tells behind its end: after trailers written here comes `None`, then the
/// cause.
fn cause<B>(mut body: Pin<&mut B>, cx: &mut Context<'_>) -> Option<BoxError>
where
    B: http_body::Body<Error = BoxError>,
{
    for _ in 0..2 {
        if let Poll::Ready(Some(Err(cause))) = body.as_mut().poll_frame(cx) {
            return Some(cause);
        }
    }
    None
}
