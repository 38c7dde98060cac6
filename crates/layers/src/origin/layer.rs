use std::sync::Arc;

use http::{
    HeaderValue,
    uri::{Authority, Scheme},
};
use tower_layer::Layer;

use super::{WithOrigin, service::Origin, user_agent::UserAgent};

/// Completes each request with the origin of its server.
///
/// All values are prepared once and shared; a request costs no allocation, but for `grpc-timeout` and for putting a
/// foreign `user-agent` in front.
#[derive(Clone, Debug)]
pub struct OriginLayer {
    origin: Arc<Origin>,
}

impl OriginLayer {
    /// Sends requests to this server; `user-agent` is by default the library's name and version alone.
    pub fn new(scheme: Scheme, authority: Authority) -> Self {
        Self {
            origin: Arc::new(Origin {
                scheme,
                authority,
                user_agent: UserAgent::default(),
            }),
        }
    }

    /// Writes this scheme: `https` if the connections below are secured in another way than the target says.
    pub fn scheme(self, scheme: Scheme) -> Self {
        Self {
            origin: Arc::new(Origin {
                scheme,
                ..(*self.origin).clone()
            }),
        }
    }

    /// Writes this authority: what the server is to see instead of the target's.
    pub fn authority(self, authority: Authority) -> Self {
        Self {
            origin: Arc::new(Origin {
                authority,
                ..(*self.origin).clone()
            }),
        }
    }

    /// Names the application in front of the library in `user-agent`.
    ///
    /// ```
    /// # use http::{HeaderValue, uri::{Authority, Scheme}};
    /// # use ziggurat_layers::origin::OriginLayer;
    /// # let (scheme, authority) = (Scheme::HTTP, Authority::from_static("cafe.example:50051"));
    /// // user-agent: orders/1.4 grpc-rust-ziggurat/0.1.0
    /// let layer = OriginLayer::new(scheme, authority)
    ///     .user_agent(&HeaderValue::from_static("orders/1.4"));
    /// # drop(layer);
    /// ```
    pub fn user_agent(self, application: &HeaderValue) -> Self {
        let user_agent = UserAgent::of(application);
        Self {
            origin: Arc::new(Origin {
                user_agent,
                ..(*self.origin).clone()
            }),
        }
    }
}

impl<S> Layer<S> for OriginLayer {
    type Service = WithOrigin<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithOrigin::new(inner, Arc::clone(&self.origin))
    }
}
