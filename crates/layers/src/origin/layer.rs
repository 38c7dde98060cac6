use std::sync::Arc;

use http::{
    HeaderValue,
    uri::{Authority, PathAndQuery, Scheme},
};
use tower_layer::Layer;

use super::{WithOrigin, prefix::Prefix, service::Origin, user_agent::UserAgent};

/// Completes each request with the origin of its server.
///
/// All values are prepared once and shared; a request costs no allocation, but for `grpc-timeout`, a
/// [prefix](Self::prefix), and for putting a foreign `user-agent` in front.
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
                prefix: Prefix::default(),
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

    /// Puts this before the path of each request, as gateways want it that tell servers apart by paths.
    ///
    /// By default there is none, and `/` is none. A slash at its end is not repeated; a query is left out. It costs an
    /// allocation a request. Layers further out still see the method's own path (A-4).
    ///
    /// ```
    /// # use http::uri::{Authority, PathAndQuery, Scheme};
    /// # use ziggurat::layers::origin::OriginLayer;
    /// # let (scheme, authority) = (Scheme::HTTP, Authority::from_static("gateway.example"));
    /// // :path: /kitchen/cafe.v1.CoffeeMachine/MakeLatte
    /// let layer = OriginLayer::new(scheme, authority)
    ///     .prefix(&PathAndQuery::from_static("/kitchen"));
    /// # drop(layer);
    /// ```
    pub fn prefix(self, prefix: &PathAndQuery) -> Self {
        let prefix = Prefix::of(prefix);
        Self {
            origin: Arc::new(Origin {
                prefix,
                ..(*self.origin).clone()
            }),
        }
    }

    /// Names the application in front of the library in `user-agent`.
    ///
    /// ```
    /// # use http::{HeaderValue, uri::{Authority, Scheme}};
    /// # use ziggurat::layers::origin::OriginLayer;
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
