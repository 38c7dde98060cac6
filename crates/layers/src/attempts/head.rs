use http::{Extensions, HeaderName, HeaderValue, Method, Request, Uri, Version};
use ziggurat_protocol::Body;

/// The head of a request, put by: what is enough to make it again.
///
/// Most calls need no second one, so it is made to be cheap: one allocation for the headers, and reference counts.
pub(super) struct Head {
    method: Method,
    uri: Uri,
    version: Version,
    /// Name and value of each, in their order.
    headers: Vec<(HeaderName, HeaderValue)>,
    extensions: Extensions,
}

impl Head {
    /// That of a request as it is now.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        // A vector that is collected has room for four.
        let mut headers = Vec::with_capacity(request.headers().len());
        let pairs = request.headers().iter();
        headers.extend(pairs.map(|(name, value)| (name.clone(), value.clone())));
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers,
            extensions: request.extensions().clone(),
        }
    }

    /// A request with the same head, which may write into its own.
    pub(super) fn with(&self, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers.iter().cloned().collect();
        *request.extensions_mut() = self.extensions.clone();
        request
    }
}
