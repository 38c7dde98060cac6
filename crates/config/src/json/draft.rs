//! A policy while it is read, one field after the other.

use ziggurat_layers::retry::InvalidPolicy;
use ziggurat_protocol::Code;

use super::{
    fields::Fields,
    reading::{Node, Reading},
    scalar::{self, Read},
};
use crate::load_balancing::InvalidLoadBalancing;

/// What is to become a policy.
///
/// It is sound from the beginning, and what would end that is refused and left out. So the rules stand in the builder
/// alone, which tells one mistake at a time, and yet all mistakes are found: a field that is wrong does not hide another.
pub(super) struct Draft<'r, 't, 'p, B, P, E> {
    /// The builder, with all that was taken.
    sound: B,
    /// Knows the rules.
    build: fn(B) -> Result<P, E>,
    /// What is read.
    fields: &'r Fields<'t, 'p>,
    /// Where mistakes are gathered.
    reading: &'r mut Reading,
}

impl<'r, 't, 'p, B: Clone, P, E: Refusal> Draft<'r, 't, 'p, B, P, E> {
    /// Of a builder that is sound as it is; what it has of required fields is only there to be replaced.
    pub(super) fn new(
        sound: B,
        build: fn(B) -> Result<P, E>,
        fields: &'r Fields<'t, 'p>,
        reading: &'r mut Reading,
    ) -> Self {
        Self {
            sound,
            build,
            fields,
            reading,
        }
    }

    /// A field that there must be.
    pub(super) fn require<T>(&mut self, name: &'static str, read: Read<T>, set: fn(B, T) -> B) {
        if self.must_have(name) {
            self.read(name, read, set);
        }
    }

    /// Whether a field is set; refuses the object if it is not.
    pub(super) fn must_have(&mut self, name: &'static str) -> bool {
        let is_there = self.fields.has(name);
        if !is_there {
            let path = self.fields.at(name);
            self.reading.refuse(&path, "is missing: it must be set");
        }
        is_there
    }

    /// A field that there may be.
    pub(super) fn read<T>(&mut self, name: &'static str, read: Read<T>, set: fn(B, T) -> B) {
        if let Some(value) = self.fields.read(name, read, self.reading) {
            self.set(value, set);
        }
    }

    /// A field that is an object, and there may be.
    pub(super) fn object<T>(
        &mut self,
        name: &'static str,
        read: fn(&Fields<'t, '_>, &mut Reading) -> Option<T>,
        set: fn(B, T) -> B,
    ) {
        if let Some(value) = self.fields.object(name, read, self.reading) {
            self.set(value, set);
        }
    }

    /// A list of codes.
    pub(super) fn codes(&mut self, name: &'static str, set: fn(B, Vec<Code>) -> B) {
        if let Some(codes) = self.fields.list(name, code, self.reading) {
            self.set(codes, set);
        }
    }

    /// Takes a value, or refuses it in the builder's words.
    pub(super) fn set<T>(&mut self, value: T, set: fn(B, T) -> B) {
        let changed = set(self.sound.clone(), value);
        match (self.build)(changed.clone()) {
            Ok(_) => self.sound = changed,
            Err(invalid) => {
                let path = self.fields.at(invalid.field());
                self.reading.refuse(&path, invalid.problem());
            }
        }
    }

    /// What is sound of it; with a mistake it is never used.
    pub(super) fn finish(self) -> Option<P> {
        (self.build)(self.sound).ok()
    }
}

/// Why a builder refuses.
pub(super) trait Refusal {
    /// The JSON name of the field that is wrong.
    fn field(&self) -> &'static str;

    /// What is wrong with it, without its name.
    fn problem(&self) -> String;
}

impl Refusal for InvalidPolicy {
    fn field(&self) -> &'static str {
        self.field().json_name()
    }

    fn problem(&self) -> String {
        self.problem().to_owned()
    }
}

impl Refusal for InvalidLoadBalancing {
    fn field(&self) -> &'static str {
        self.field()
    }

    fn problem(&self) -> String {
        self.problem().to_owned()
    }
}

/// An element of a list that must be a status code.
fn code(element: Node<'_, '_>, reading: &mut Reading) -> Option<Code> {
    let refuse = |problem| reading.refuse(element.path, problem);
    scalar::code(element.value).map_err(refuse).ok()
}
