//! The head of a request, which is sent and yet kept.

use std::mem;

use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, request,
};

use super::many::Call;

/// The head of a request, for as many attempts as it takes (T-21).
///
/// The first sends what was given, with its room for further headers. What stays is made then, and is small: it is
/// seldom needed.
pub(super) struct Head {
    method: Method,
    uri: Uri,
    version: Version,
    headers: Headers,
    /// Not here while they are out.
    extensions: Extensions,
}

/// The headers of a request, all of them or what is enough to make them again.
enum Headers {
    /// Not sent yet.
    Given(HeaderMap),
    /// Name and value of each, in their order.
    Kept(Vec<(HeaderName, HeaderValue)>),
}

impl Head {
    pub(super) fn new(given: request::Parts) -> Self {
        Self {
            method: given.method,
            uri: given.uri,
            version: given.version,
            headers: Headers::Given(given.headers),
            extensions: given.extensions,
        }
    }

    /// The next attempt, which sends this body. It has the extensions with it, and should it fail, [brings them
    /// back](Self::put_back).
    pub(super) fn attempt<B>(&mut self, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers.attempt();
        *request.extensions_mut() = mem::take(&mut self.extensions);
        request
    }

    /// What is seen of it when it is decided where it goes.
    pub(super) fn call(&self) -> Call<'_> {
        let path = self.uri.path();
        match &self.headers {
            Headers::Given(headers) => Call::new(path, headers),
            Headers::Kept(pairs) => Call::of_pairs(path, pairs),
        }
    }

    /// An attempt came back, and brought these.
    pub(super) fn put_back(&mut self, extensions: Extensions) {
        self.extensions = extensions;
    }
}

impl Headers {
    /// ## Given → Kept, at the first attempt
    ///
    /// That one gets the map itself; each later one a map of its own.
    fn attempt(&mut self) -> HeaderMap {
        match self {
            Self::Given(headers) => {
                // A vector that is collected has room for four.
                let mut kept = Vec::with_capacity(headers.len());
                let pairs = headers.iter();
                kept.extend(pairs.map(|(name, value)| (name.clone(), value.clone())));
                let given = mem::take(headers);
                *self = Self::Kept(kept);
                given
            }
            Self::Kept(kept) => kept.iter().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server and the layers below would see of it.
    fn told(head: &request::Parts) -> String {
        let headers = head.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        let request::Parts {
            method,
            uri,
            version,
            extensions,
            ..
        } = head;
        let size = extensions.get::<&str>();
        format!("{method} {uri} {version:?} {size:?} {}", headers.join(", "))
    }

    #[test]
    fn each_attempt_begins_with_what_was_given() {
        // T-21, C-30
        let request = Request::put("http://cafe/order")
            .version(http::Version::HTTP_2)
            .header("x-bean", "robusta")
            .header("x-milk", "oat")
            .header("x-bean", "arabica")
            .extension("large");
        let (given, ()) = request.body(()).unwrap().into_parts();
        let expected = told(&given);
        let mut head = Head::new(given);
        for _ in 0..3 {
            let (mut attempt, ()) = head.attempt(()).into_parts();
            assert_eq!(told(&attempt), expected);
            // What a layer adds is of this attempt.
            attempt
                .headers
                .append("x-bean", HeaderValue::from_static("barley"));
            attempt.headers.remove("x-milk");
            attempt.uri = http::Uri::from_static("/elsewhere");
            head.put_back(attempt.extensions);
        }
    }
}
