use std::sync::Arc;

use http::HeaderValue;

use super::Pooled;

/// The encodings whose answers a client reads; cloning is one reference count.
///
/// `Default` is none.
///
/// ```
/// use ziggurat::compression::Encodings;
///
/// assert!(Encodings::none().accept().is_none());
/// # #[cfg(feature = "gzip")] {
/// use ziggurat::compression::Gzip;
///
/// let gzip = Encodings::none().with(Gzip::new());
/// assert_eq!(gzip.accept().unwrap(), "gzip"); // and nothing else that is built in
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Encodings(Option<Arc<Set>>);

#[derive(Debug)]
struct Set {
    /// Each name once.
    encodings: Vec<Pooled>,
    accept: HeaderValue,
}

impl Encodings {
    /// Those whose features are on: `zstd`, `gzip`, `deflate`.
    pub fn built_in() -> Self {
        let built_in: &[fn() -> Pooled] = &[
            #[cfg(feature = "zstd")]
            || super::Zstd::new().into(),
            #[cfg(feature = "gzip")]
            || super::Gzip::new().into(),
            #[cfg(feature = "deflate")]
            || super::Deflate::new().into(),
        ];
        Self::of(built_in.iter().map(|make| make()).collect())
    }

    /// None at all: nothing is read but plain messages.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds an encoding, which is named first, and takes the place of another one with its name.
    #[must_use]
    pub fn with(&self, encoding: impl Into<Pooled>) -> Self {
        Self::of(vec![encoding.into()]).over(self)
    }

    /// These, and behind them those that have another name.
    #[must_use]
    pub fn over(&self, defaults: &Self) -> Self {
        if self.as_slice().is_empty() {
            return defaults.clone();
        }
        let others = defaults.as_slice().iter();
        let others = others.filter(|other| self.named(other.name().as_bytes()).is_none());
        Self::of(self.as_slice().iter().chain(others).cloned().collect())
    }

    /// The encoding of a `grpc-encoding` header, if it is one of these.
    pub fn get(&self, header: &HeaderValue) -> Option<&Pooled> {
        self.named(header.as_bytes())
    }

    /// All of them, the preferred first.
    pub fn as_slice(&self) -> &[Pooled] {
        self.0.as_ref().map_or(&[], |set| &set.encodings)
    }

    /// The value of `grpc-accept-encoding`; `None` if there is nothing to say (A-10).
    pub fn accept(&self) -> Option<&HeaderValue> {
        Some(&self.0.as_ref()?.accept)
    }

    fn named(&self, name: &[u8]) -> Option<&Pooled> {
        let named = |encoding: &&Pooled| encoding.name().as_bytes() == name;
        self.as_slice().iter().find(named)
    }

    fn of(encodings: Vec<Pooled>) -> Self {
        let names: Vec<_> = encodings.iter().map(Pooled::name).collect();
        // Tokens and commas are always a header value.
        let accept = HeaderValue::try_from(names.join(",")).ok();
        let accept = accept.filter(|_| !names.is_empty());
        Self(accept.map(|accept| Arc::new(Set { encodings, accept })))
    }
}
