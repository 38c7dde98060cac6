//! The head of a request, which is sent and yet kept.

use std::mem;

use http::{Extensions, HeaderName, HeaderValue, request};

/// The head of a request, for as many attempts as it takes (T-21).
///
/// The first sends what was given, with its room for further headers. What stays is made then, and is small: it is
/// seldom needed.
pub(super) struct Head {
    /// Without headers once they are sent, and without extensions while they are out.
    given: request::Parts,
    /// Name and value of each header, in their order; `None` before the first attempt.
    headers: Option<Vec<(HeaderName, HeaderValue)>>,
}

impl Head {
    pub(super) fn new(given: request::Parts) -> Self {
        Self {
            given,
            headers: None,
        }
    }

    /// The head of the next attempt. It has the extensions with it, and should it fail, [brings them
    /// back](Self::put_back).
    pub(super) fn attempt(&mut self) -> request::Parts {
        let headers = mem::take(&mut self.given.headers);
        let extensions = mem::take(&mut self.given.extensions);
        let mut head = self.given.clone();
        head.extensions = extensions;
        head.headers = if let Some(kept) = &self.headers {
            kept.iter().cloned().collect()
        } else {
            // A vector that is collected has room for four.
            let mut kept = Vec::with_capacity(headers.len());
            let pairs = headers.iter();
            kept.extend(pairs.map(|(name, value)| (name.clone(), value.clone())));
            self.headers = Some(kept);
            headers
        };
        head
    }

    /// An attempt came back, and brought these.
    pub(super) fn put_back(&mut self, extensions: Extensions) {
        self.given.extensions = extensions;
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

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
            let mut attempt = head.attempt();
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
