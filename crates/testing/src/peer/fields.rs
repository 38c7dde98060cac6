//! The fields of a header block.

use std::fmt;

/// Lists the fields of a header block in order, pseudo headers included.
///
/// Arrays and slices of pairs convert into it. Nothing is checked: repeated pseudo headers, upper-case names and
/// values that are not text can be sent. A name that is not UTF-8 is read with replacement characters.
///
/// ```
/// use ziggurat_testing::peer::Fields;
///
/// let fields = Fields::from([(":status", "200"), ("x-flavour", "mocha"), ("x-flavour", "vanilla")]);
/// assert_eq!(fields.get("x-flavour"), Some("mocha"));
/// assert_eq!(fields.values("x-flavour").count(), 2);
/// assert!(fields.names().eq([":status", "x-flavour", "x-flavour"]));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    /// Adds a field at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Returns the first value of a field, if there is one and it is UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.iter().find(|(other, _)| *other == name)?;
        str::from_utf8(value).ok()
    }

    /// Iterates over all values of a field, as bytes.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// Iterates over the names in order, repeated ones included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Iterates over names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut collected = Self::default();
        for (name, value) in fields {
            collected.push(name.as_ref(), value.as_ref());
        }
        collected
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const L: usize> From<[(N, V); L]> for Fields {
    fn from(fields: [(N, V); L]) -> Self {
        fields.into_iter().collect()
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const L: usize> From<&[(N, V); L]> for Fields {
    fn from(fields: &[(N, V); L]) -> Self {
        fields.as_slice().into()
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> From<&[(N, V)]> for Fields {
    fn from(fields: &[(N, V)]) -> Self {
        fields.iter().map(|(name, value)| (name, value)).collect()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for (name, value) in self.iter() {
            list.entry(&format_args!("{name}: {}", value.escape_ascii()));
        }
        list.finish()
    }
}
