//! Objects, of which only what is asked for is read.
//!
//! An object keeps its values as text, so that those of unknown names are not looked at, whatever their size and depth, and
//! so that a name that stands there twice is noticed.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    reading::{Node, Path, Reading},
    scalar::{Read, shown},
};

/// The fields of an object. Their values are read when they are asked for.
pub(super) struct Fields<'t, 'p> {
    /// Where the object stands, for what is refused.
    path: &'p Path<'p>,
    /// In the order of the text, those too that nobody asks for.
    entries: Vec<(String, &'t RawValue)>,
}

impl<'t, 'p> Fields<'t, 'p> {
    /// Those of a value that must be an object.
    pub(super) fn of(node: Node<'t, 'p>, reading: &mut Reading) -> Option<Self> {
        let Ok(Entries(entries)) = serde_json::from_str(node.value.get()) else {
            reading.refuse(
                node.path,
                format!("is {}: it must be an object", shown(node.value)),
            );
            return None;
        };
        let path = node.path;
        Some(Self { path, entries })
    }

    /// All of them, known or not.
    pub(super) fn entries(&self) -> &[(String, &'t RawValue)] {
        &self.entries
    }

    /// Where this field stands.
    pub(super) fn at(&self, name: &'static str) -> Path<'p> {
        Path::Field(self.path, name)
    }

    /// Whether this field is set.
    pub(super) fn has(&self, name: &str) -> bool {
        !self.values(name).all(is_null)
    }

    /// A field that is no object and no list; nothing if it is not set, or refused.
    pub(super) fn read<T>(
        &self,
        name: &'static str,
        read: Read<T>,
        reading: &mut Reading,
    ) -> Option<T> {
        let value = self.value(name, reading)?;
        let refuse = |problem| reading.refuse(&self.at(name), problem);
        read(value).map_err(refuse).ok()
    }

    /// A field that is an object.
    pub(super) fn object<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&Fields<'t, '_>, &mut Reading) -> Option<T>,
        reading: &mut Reading,
    ) -> Option<T> {
        let path = self.at(name);
        let node = Node::new(self.value(name, reading)?, &path);
        let fields = Fields::of(node, reading)?;
        read(&fields, reading)
    }

    /// A field that is a list; `None` if it, or one of its elements, is not what it must be.
    pub(super) fn list<T>(
        &self,
        name: &'static str,
        mut read: impl FnMut(Node<'t, '_>, &mut Reading) -> Option<T>,
        reading: &mut Reading,
    ) -> Option<Vec<T>> {
        let path = self.at(name);
        let value = self.value(name, reading)?;
        let Ok(elements) = serde_json::from_str::<Vec<&'t RawValue>>(value.get()) else {
            reading.refuse(&path, format!("is {}: it must be a list", shown(value)));
            return None;
        };
        let read = |(index, value)| {
            let path = Path::Element(&path, index);
            read(Node::new(value, &path), reading)
        };
        let read: Vec<_> = elements.into_iter().enumerate().map(read).collect();
        // All were read before one that is wrong ends it.
        read.into_iter().collect()
    }

    /// The value of a field, unless it is null, which is as if it were not there.
    fn value(&self, name: &'static str, reading: &mut Reading) -> Option<&'t RawValue> {
        let mut values = self.values(name);
        let value = values.next()?;
        if values.next().is_some() {
            reading.refuse(
                &self.at(name),
                "is there more than once: it must be there once",
            );
        }
        (!is_null(value)).then_some(value)
    }

    /// All values of this name; more than one is a mistake.
    fn values(&self, name: &str) -> impl Iterator<Item = &'t RawValue> {
        let named = self
            .entries
            .iter()
            .filter(move |(key, _)| is_name(key, name));
        named.map(|&(_, value)| value)
    }
}

/// Whether a value is as if it were not there (F-1).
fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// Whether this is the name of a field, as it stands or in snake_case (F-1).
fn is_name(key: &str, camel: &str) -> bool {
    if key == camel {
        return true;
    }
    let snake = camel.chars().flat_map(|letter| {
        let underscore = letter.is_ascii_uppercase().then_some('_');
        underscore.into_iter().chain([letter.to_ascii_lowercase()])
    });
    snake.eq(key.chars())
}

/// The fields in the order of the text, those too that stand there twice.
struct Entries<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

/// Takes all fields of an object, as they stand.
struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            entries.push((key, value));
        }
        Ok(Entries(entries))
    }
}

/// A name, as bytes: what is no text in it, such as half a surrogate, makes it one that is not known, and nothing worse.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Lossy)
    }
}

/// Takes a name as bytes.
struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Key, E> {
        Ok(Key(String::from_utf8_lossy(name).into_owned()))
    }
}
