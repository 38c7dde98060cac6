//! Where the servers of a name are: resolvers.
//!
//! A [`Resolver`] tells the endpoints of a name, and goes on telling them as long as the channel is not idle. It may fail,
//! repeat itself, tell much at once, and end: the channel keeps what it knows last (G-13), and asks again after a pause if it
//! heard of an error (G-16).

use std::{
    borrow::Cow,
    task::{Context, Poll},
};

use ziggurat_transport::error::BoxError;

use crate::Endpoint;

/// Tells the endpoints of a name, again and again.
pub trait Resolver: Send + 'static {
    /// What it asks, for messages: `the system's resolver for "cafe"`.
    fn name(&self) -> Cow<'_, str>;

    /// The next that it has to tell: all endpoints there are now, or why it cannot tell them.
    ///
    /// After an error it is asked on, and may have an answer later by itself; the channel says
    /// [`resolve_again`](Self::resolve_again) after a pause. After `None` it is not asked any more.
    fn poll_resolution(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, BoxError>>>;

    /// Connections fail, an error was long ago, or the channel was idle: it is a good time to look again.
    ///
    /// A resolver that is told of changes by itself may ignore it; one that asks a server does not so more often than is
    /// good for that. It is called between polls, and polled after it.
    fn resolve_again(&mut self) {}
}

/// What a resolver found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Resolution {
    /// All of them, in the order of preference. None at all counts as an error (G-14).
    pub endpoints: Vec<Endpoint>,
}

impl Resolution {
    /// These endpoints, and nothing beside them.
    pub fn new<E: Into<Endpoint>>(endpoints: impl IntoIterator<Item = E>) -> Self {
        let endpoints = endpoints.into_iter().map(Into::into).collect();
        Self { endpoints }
    }
}
