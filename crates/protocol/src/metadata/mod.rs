//! The key-value pairs that travel beside a call's messages.
//!
//! [`Metadata`] is a view over an [`http::HeaderMap`] with gRPC's rules: keys ending in `-bin` hold
//! bytes, all others printable ASCII, and the names of the protocol itself are not for
//! applications. What breaks a rule is refused where it is set, with an [`InvalidMetadata`]. What a
//! server sends is taken as it is: a value that breaks a rule fails no call.
//!
//! # Example
//!
//! ```
//! use ziggurat::Metadata;
//!
//! let mut metadata = Metadata::new();
//! metadata.append("x-tenant", "acme")?;
//! metadata.append_bin("x-trace-bin", [0xab, 0xcd])?;
//! assert_eq!(metadata.get("x-tenant"), Some("acme"));
//! assert_eq!(metadata.get_bin("x-trace-bin"), Some(Ok(vec![0xab, 0xcd].into())));
//! assert!(metadata.append("grpc-status", "0").is_err());
//! # Ok::<_, ziggurat::InvalidMetadata>(())
//! ```

mod binary;
mod error;
mod key;

pub use binary::InvalidBinary;
pub use error::InvalidMetadata;

pub(crate) use binary::{encode as base64, only_value};

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Metadata of a request or an answer: several values per key, in order.
///
/// Keys compare without regard to case and are lower case on the wire (A-25). Order is kept per
/// key, not between keys (A-33). `Default` is empty. `Debug` shows every value that is not
/// [marked](Self::mark_sensitive) as sensitive.
///
/// ```
/// use ziggurat::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.append("X-Milk", "oat")?;
/// metadata.append("x-milk", "almond")?;
/// assert_eq!(metadata.get_all("x-milk").collect::<Vec<_>>(), ["oat", "almond"]);
///
/// metadata.insert("x-milk", "none")?;
/// assert_eq!(metadata.len(), 1);
/// # Ok::<_, ziggurat::InvalidMetadata>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(HeaderMap);

impl Metadata {
    /// Makes an empty one; nothing is allocated.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty one with room for so many values.
    ///
    /// # Panics
    ///
    /// More room than a header map can have: 24,576 names.
    pub fn with_capacity(values: usize) -> Self {
        Self(HeaderMap::with_capacity(values))
    }

    /// Makes one of pairs of text: of a list, a map, or any other iterator of them.
    ///
    /// # Errors
    ///
    /// Those of [`append_pairs`](Self::append_pairs).
    ///
    /// ```
    /// use ziggurat::Metadata;
    ///
    /// let metadata = Metadata::from_pairs([("x-tenant", "acme"), ("x-table", "7")])?;
    /// assert_eq!(metadata.len(), 2);
    ///
    /// let error = Metadata::from_pairs([("x-milk", "oat"), ("x-milk", "ś")]).unwrap_err();
    /// assert!(error.to_string().starts_with("pair 2: the value of metadata `x-milk` is not printable ASCII"));
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
    #[doc(alias("collect", "from_iter"))]
    pub fn from_pairs<K, V>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, InvalidMetadata>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let mut metadata = Self::new();
        metadata.append_pairs(pairs)?;
        Ok(metadata)
    }

    /// Takes what was received, without the names the library consumes (A-36).
    ///
    /// No value is refused: what is no legal text is still there as bytes (A-28). Names under
    /// `grpc-` that are not the library's own stay, `grpc-status-details-bin` too. If nothing is
    /// left, nothing stays allocated.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use ziggurat::Metadata;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    /// headers.insert("x-name", HeaderValue::from_bytes("Zoë".as_bytes())?);
    ///
    /// let received = Metadata::from_received(headers);
    /// assert!(!received.contains_key("content-type"));
    /// assert_eq!(received.get("x-name"), None); // no ASCII
    /// assert_eq!(received.raw("x-name").next().unwrap().as_bytes(), "Zoë".as_bytes());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_received(mut headers: HeaderMap) -> Self {
        if headers.keys().all(|name| key::CONSUMED.contains(name)) {
            return Self::new(); // nothing is left of most answers: then no emptied table is kept, either
        }
        for name in &key::CONSUMED {
            // To look at the few names that are there is less than to hash each that may be.
            if headers.keys().any(|there| there == name) {
                headers.remove(name);
            }
        }
        Self(headers)
    }

    /// Adds a text value, beside others of the key.
    ///
    /// # Errors
    ///
    /// An illegal or reserved key, a key ending in `-bin`, or a value outside of printable ASCII
    /// (A-25, A-26, A-34).
    ///
    /// ```
    /// use ziggurat::{InvalidMetadata, Metadata};
    ///
    /// let mut metadata = Metadata::new();
    /// let error = metadata.append("x-name", "Zoë").unwrap_err();
    /// assert_eq!(error, InvalidMetadata::Value("x-name".to_owned()));
    /// assert!(metadata.is_empty());
    /// ```
    pub fn append(&mut self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        let (name, value) = text(key, value)?;
        self.push(name, value)
    }

    /// Adds bytes, beside others of the key, which must end in `-bin`.
    ///
    /// Any bytes are legal. They are sent as base64 without padding (A-29), which is what the size
    /// of the metadata counts.
    ///
    /// # Errors
    ///
    /// An illegal or reserved key, or one that does not end in `-bin` (A-25, A-34).
    ///
    /// ```
    /// use ziggurat::Metadata;
    ///
    /// let mut metadata = Metadata::new();
    /// metadata.append_bin("x-name-bin", "Zoë")?;
    /// assert_eq!(metadata.as_headers()["x-name-bin"], "Wm/Dqw");
    /// assert!(metadata.append_bin("x-name", "Zoë").is_err());
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
    pub fn append_bin(
        &mut self,
        key: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidMetadata> {
        let (name, value) = bytes(key, value.as_ref())?;
        self.push(name, value)
    }

    /// Adds pairs of text, beside others of their keys.
    ///
    /// # Errors
    ///
    /// The first pair that [`append`](Self::append) refuses, as [`InvalidMetadata::Pair`]; those before it are there then.
    #[doc(alias = "extend")]
    pub fn append_pairs<K, V>(
        &mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), InvalidMetadata>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        for (number, (key, value)) in (1..).zip(pairs) {
            let appended = self.append(key.as_ref(), value.as_ref());
            appended.map_err(|error| InvalidMetadata::Pair(number, error.into()))?;
        }
        Ok(())
    }

    /// Sets a text value in place of others of the key.
    ///
    /// # Errors
    ///
    /// Those of [`append`](Self::append); the others stay then.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        let (name, value) = text(key, value)?;
        self.0.remove(&name);
        self.push(name, value)
    }

    /// Sets bytes in place of others of the key.
    ///
    /// # Errors
    ///
    /// Those of [`append_bin`](Self::append_bin); the others stay then.
    pub fn insert_bin(
        &mut self,
        key: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<(), InvalidMetadata> {
        let (name, value) = bytes(key, value.as_ref())?;
        self.0.remove(&name);
        self.push(name, value)
    }

    /// The first text value of a key; `None` too if it is not printable ASCII.
    ///
    /// Commas are part of the value (A-32).
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).next()
    }

    /// All text values of a key, in order; values that are not printable ASCII are passed over.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        let legal = |value: &&HeaderValue| is_text(value.as_bytes());
        (self.raw(key).filter(legal)).filter_map(|value| value.to_str().ok())
    }

    /// The first bytes of a key ending in `-bin`; `None` for other keys.
    ///
    /// # Errors
    ///
    /// The inner error says that the value is no base64; [`raw`](Self::raw) has its text (A-31).
    pub fn get_bin(&self, key: &str) -> Option<Result<Bytes, InvalidBinary>> {
        self.get_all_bin(key).next()
    }

    /// All values of a key ending in `-bin`, in order; nothing for other keys.
    ///
    /// A field that holds several values joined with commas gives each of them (A-30).
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use ziggurat::Metadata;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-beans-bin", HeaderValue::from_static("AQ==, Ag,?"));
    /// let received = Metadata::from_received(headers);
    ///
    /// let mut beans = received.get_all_bin("x-beans-bin");
    /// assert_eq!(beans.next().unwrap()?, [1].as_slice());
    /// assert_eq!(beans.next().unwrap()?, [2].as_slice());
    /// assert!(beans.next().unwrap().is_err()); // of this value alone
    /// # Ok::<_, ziggurat::protocol::metadata::InvalidBinary>(())
    /// ```
    pub fn get_all_bin(&self, key: &str) -> impl Iterator<Item = Result<Bytes, InvalidBinary>> {
        let binary = key::is_binary(key);
        (self.raw(key).filter(move |_| binary)).flat_map(|value| binary::values(value.as_bytes()))
    }

    /// All values of a key as they are on the wire, whatever they hold; bytes are base64.
    pub fn raw<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a HeaderValue> {
        let name = HeaderName::from_bytes(key.as_bytes()).ok();
        name.map(|name| self.0.get_all(name).into_iter())
            .into_iter()
            .flatten()
    }

    /// Marks the values that a key has now as sensitive; says whether there were any.
    ///
    /// HTTP/2 sends a sensitive value as it is and never indexes it (RFC 7541, §7.1.3), so that no compression table
    /// holds it: neither here, nor at the server, nor at a proxy between. It is meant for secrets, and for what differs
    /// in each call, such as the number of a request: that would push what repeats out of the table, and costs more than
    /// it saves. `Debug` shows such a value as `Sensitive`. Comparing pays no heed to it.
    ///
    /// ```
    /// use ziggurat::Metadata;
    ///
    /// let mut metadata = Metadata::new();
    /// metadata.append("x-request-id", "9f1c")?;
    /// assert!(metadata.mark_sensitive("x-request-id"));
    /// assert_eq!(metadata.get("x-request-id"), Some("9f1c"));
    /// assert_eq!(format!("{metadata:?}"), r#"{"x-request-id": Sensitive}"#);
    /// assert!(!metadata.mark_sensitive("x-tenant")); // it has no value
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
    pub fn mark_sensitive(&mut self, key: &str) -> bool {
        let Ok(name) = HeaderName::from_bytes(key.as_bytes()) else {
            return false;
        };
        let http::header::Entry::Occupied(mut values) = self.0.entry(name) else {
            return false;
        };
        values
            .iter_mut()
            .for_each(|value| value.set_sensitive(true));
        true
    }

    /// Removes all values of a key; says whether there were any.
    pub fn remove(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    /// Whether the key has a value.
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The number of values: a key with two of them counts twice.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All keys and values as they are on the wire.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds every value of another one, received ones included.
    ///
    /// # Errors
    ///
    /// The two together exceed what one header map holds (24,576 names).
    pub fn extend(&mut self, other: &Self) -> Result<(), InvalidMetadata> {
        for (name, value) in &other.0 {
            self.push(name.clone(), value.clone())?;
        }
        Ok(())
    }

    /// Adds the values of those keys that are not there yet, as defaults do.
    ///
    /// What exceeds one header map (24,576 names) is left out.
    ///
    /// ```
    /// use ziggurat::Metadata;
    ///
    /// let (mut own, mut defaults) = (Metadata::new(), Metadata::new());
    /// own.append("x-tenant", "acme")?;
    /// defaults.append("x-tenant", "everybody")?;
    /// defaults.append("x-region", "north")?;
    ///
    /// own.complete(&defaults);
    /// assert_eq!((own.get("x-tenant"), own.get("x-region")), (Some("acme"), Some("north")));
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
    pub fn complete(&mut self, defaults: &Self) {
        let missing: Vec<_> = (defaults.0.iter())
            .filter(|(name, _)| !self.0.contains_key(*name))
            .collect();
        for (name, value) in missing {
            let _ = self.push(name.clone(), value.clone());
        }
    }

    /// Adds those values of another one that may be sent: of received metadata not all may.
    ///
    /// A proxy passes metadata on with it. Left out is what [`write_to`](Self::write_to) leaves
    /// out.
    ///
    /// # Errors
    ///
    /// The two together exceed what one header map holds (24,576 names).
    pub fn extend_sendable(&mut self, other: &Self) -> Result<(), InvalidMetadata> {
        other.write_to(&mut self.0)
    }

    /// Writes every value into a request's headers, beside what is there.
    ///
    /// Passed over is what may not be sent: a received value that is no legal text (A-28), and a
    /// reserved name (A-34).
    ///
    /// # Errors
    ///
    /// The two together exceed what one header map holds (24,576 names).
    pub fn write_to(&self, headers: &mut HeaderMap) -> Result<(), InvalidMetadata> {
        for (name, value) in &self.0 {
            if key::is_sendable(name.as_str()) && is_text(value.as_bytes()) {
                (headers.try_append(name.clone(), value.clone()))
                    .map_err(|_| InvalidMetadata::Full)?;
            }
        }
        Ok(())
    }

    /// The map beneath, as it goes to the wire: keys in lower case, bytes as base64.
    pub fn as_headers(&self) -> &HeaderMap {
        &self.0
    }

    /// The map beneath, by value: a request's headers can begin with it.
    pub fn into_headers(self) -> HeaderMap {
        self.0
    }

    fn push(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), InvalidMetadata> {
        let appended = self.0.try_append(name, value);
        appended.map(drop).map_err(|_| InvalidMetadata::Full) // L-19
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The size of a header list in bytes, as HTTP/2 counts it (A-39).
///
/// Counted are names, values, and 32 bytes for each pair.
///
/// ```
/// use ziggurat::{Metadata, protocol::metadata};
///
/// let mut tenant = Metadata::new();
/// tenant.append("x-tenant", "acme")?;
/// assert_eq!(metadata::size(tenant.as_headers()), 8 + 4 + 32);
/// # Ok::<_, ziggurat::InvalidMetadata>(())
/// ```
pub fn size(headers: &HeaderMap) -> usize {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 32;
    headers.iter().map(pair).sum()
}

/// Checks a text pair.
fn text(key: &str, value: &str) -> Result<(HeaderName, HeaderValue), InvalidMetadata> {
    let name = key::parse(key)?;
    if key::is_binary(name.as_str()) {
        return Err(InvalidMetadata::BinaryKey(key.to_owned()));
    }
    let checked = HeaderValue::from_str(value)
        .ok()
        .filter(|_| is_text(value.as_bytes()));
    checked
        .map(|value| (name, value))
        .ok_or_else(|| InvalidMetadata::Value(key.to_owned()))
}

/// Checks a key of bytes and encodes them.
fn bytes(key: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), InvalidMetadata> {
    let name = key::parse(key)?;
    if !key::is_binary(name.as_str()) {
        return Err(InvalidMetadata::TextKey(key.to_owned()));
    }
    Ok((name, binary::encode(value)))
}

/// ASCII-Value: 0x20 to 0x7E (A-26).
fn is_text(value: &[u8]) -> bool {
    value.iter().all(|byte| (0x20..=0x7e).contains(byte))
}

#[cfg(test)]
mod tests;
