//! What is told of mistakes: where they are, and which.

use std::{borrow::Cow, fmt};

use serde_json::value::RawValue;

use crate::{Violation, invalid::Violations};

/// What was found to be wrong so far.
///
/// Reading goes on after a mistake; so all of them are told at once, or the first of too many.
#[derive(Default)]
pub(super) struct Reading(Violations);

impl Reading {
    /// Notes that what stands there `is …: it must be …`.
    pub(super) fn refuse(&mut self, path: &Path<'_>, problem: impl Into<Cow<'static, str>>) {
        self.0.push(|| Violation::new(path.to_string(), problem));
    }

    /// The mistakes, in the order in which they were found.
    pub(super) fn into_violations(self) -> Violations {
        self.0
    }
}

/// A value of the text, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Node<'t, 'p> {
    pub(super) value: &'t RawValue,
    pub(super) path: &'p Path<'p>,
}

impl<'t, 'p> Node<'t, 'p> {
    pub(super) fn new(value: &'t RawValue, path: &'p Path<'p>) -> Self {
        Self { value, path }
    }
}

/// The way from the root to a value. It becomes a text only if something is wrong there.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'static str),
    Element(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Path::Root, name) => f.write_str(name),
            Self::Field(object, name) => write!(f, "{object}.{name}"),
            Self::Element(list, index) => write!(f, "{list}[{index}]"),
        }
    }
}
