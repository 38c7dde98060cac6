//! Adds default metadata to each request.
//!
//! - **Request**: gets all values of each default key that it does not carry itself (A-33).
//! - **Response**, **body**: those of the inner service, untouched.
//!
//! # Placement
//!
//! Outermost, so that what retries and credentials see below is complete.
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use tower::{Layer, ServiceExt, service_fn};
//! use ziggurat::{Metadata, layers::metadata::MetadataLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut defaults = Metadata::new();
//! defaults.append("x-tenant", "acme")?;
//! let echo = service_fn(async |request: Request<()>| {
//!     Ok::<_, Infallible>(Response::new(request.headers()["x-tenant"].clone()))
//! });
//! let service = MetadataLayer::new(&defaults).layer(echo);
//! assert_eq!(service.oneshot(Request::new(())).await?.into_body(), "acme");
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Those of the inner service.
//!
//! # Cancel safety
//!
//! The future is the inner one.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Request};
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_protocol::Metadata;

/// Adds default metadata to each request; none by default.
///
/// The metadata is shared by all clones and services; a request that carries all keys costs nothing.
#[derive(Clone, Debug, Default)]
pub struct MetadataLayer {
    defaults: Arc<HeaderMap>,
}

impl MetadataLayer {
    /// Adds this metadata; of what was received, that which may not be sent is passed over (A-28, A-34).
    pub fn new(defaults: &Metadata) -> Self {
        let mut headers = HeaderMap::new();
        // A part of one header map fits into another.
        let _ = defaults.write_to(&mut headers);
        Self {
            defaults: Arc::new(headers),
        }
    }
}

impl<S> Layer<S> for MetadataLayer {
    type Service = WithMetadata<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithMetadata {
            inner,
            defaults: Arc::clone(&self.defaults),
        }
    }
}

/// Adds default metadata to each request; made by [`MetadataLayer`].
#[derive(Clone, Debug)]
pub struct WithMetadata<S> {
    inner: S,
    defaults: Arc<HeaderMap>,
}

impl<S, B> Service<Request<B>> for WithMetadata<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        add(&self.defaults, request.headers_mut());
        self.inner.call(request)
    }
}

/// A key that the request carries keeps only its own values.
fn add(defaults: &HeaderMap, headers: &mut HeaderMap) {
    for name in defaults.keys() {
        if headers.contains_key(name) {
            continue;
        }
        for value in defaults.get_all(name) {
            // More than 24,576 names do not fit, and no peer takes them (L-19).
            let _ = headers.try_append(name, value.clone());
        }
    }
}

#[cfg(test)]
mod tests;
