use http::{
    HeaderMap, HeaderValue,
    header::{self, Entry},
};

/// The library's own name.
const TOKEN: &str = concat!("grpc-rust-ziggurat/", env!("CARGO_PKG_VERSION"));

/// Who sends the requests: the application's part if there is one, and the library's.
#[derive(Clone, Debug)]
pub(super) struct UserAgent(HeaderValue);

impl Default for UserAgent {
    fn default() -> Self {
        Self(HeaderValue::from_static(TOKEN))
    }
}

impl UserAgent {
    /// Puts the application's part in front; an empty one is none.
    pub(super) fn of(application: &HeaderValue) -> Self {
        Self(in_front_of(application, &Self::default().0))
    }

    /// Completes a request once; what a foreign stub has written stays in front.
    pub(super) fn write_to(&self, headers: &mut HeaderMap) {
        match headers.entry(header::USER_AGENT) {
            Entry::Vacant(place) => {
                place.insert(self.0.clone());
            }
            Entry::Occupied(mut foreign) if !is_complete(foreign.get()) => {
                let completed = in_front_of(foreign.get(), &self.0);
                foreign.insert(completed);
            }
            Entry::Occupied(_) => {}
        }
    }
}

/// Whether a floor like this one was there before.
fn is_complete(value: &HeaderValue) -> bool {
    value.as_bytes().ends_with(TOKEN.as_bytes())
}

/// Joins two values with one space.
fn in_front_of(prefix: &HeaderValue, value: &HeaderValue) -> HeaderValue {
    if prefix.is_empty() {
        return value.clone();
    }
    let joined = [prefix.as_bytes(), b" ", value.as_bytes()].concat();
    // Legal values stay legal side by side.
    HeaderValue::try_from(joined).unwrap_or_else(|_| value.clone())
}
