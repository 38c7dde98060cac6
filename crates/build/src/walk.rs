//! Goes through the messages of a file, with their full names, places and Rust modules.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let proto = dir.path().join("a.proto");
//! // Each message is seen, those inside others too.
//! # std::fs::write(&proto, "message M { message a_b {} message aB {} }")?;
//! let build = ziggurat_build::configure().out_dir(dir.path());
//! let error = build.compile(&[&proto], &[dir.path()]).unwrap_err().to_string();
//! assert!(error.contains("M.a_b") && error.contains("M.aB"), "{error}");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use prost_types::{DescriptorProto, FileDescriptorProto};

use crate::{names, options::within};

/// Where a message, an enum or a service stands.
#[derive(Clone)]
pub(crate) struct Spot<'a> {
    pub(crate) file: &'a FileDescriptorProto,
    /// The path in the file, as `google.protobuf.SourceCodeInfo` has it.
    pub(crate) path: Vec<i32>,
    /// The full name of what is around it.
    pub(crate) scope: String,
    /// The Rust module of what is around it.
    pub(crate) module: String,
}

impl<'a> Spot<'a> {
    /// The outside of a file.
    pub(crate) fn file(file: &'a FileDescriptorProto) -> Self {
        Self {
            file,
            path: Vec::new(),
            scope: file.package().to_owned(),
            module: names::module_of(file.package()),
        }
    }

    /// Something in it, by the number of the field that holds it and its index there.
    pub(crate) fn part(&self, field: i32, index: usize) -> Self {
        let index = i32::try_from(index).unwrap_or_default();
        Self {
            path: [&self.path[..], &[field, index]].concat(),
            ..self.clone()
        }
    }

    /// The inside of a message that stands here.
    pub(crate) fn inside(&self, message: &str) -> Self {
        Self {
            scope: within(&self.scope, message),
            module: names::within_module(&self.module, &names::module(message)),
            ..self.clone()
        }
    }
}

/// Shows each message of a file that is not the entry of a map.
pub(crate) fn messages<'a, E>(
    file: &'a FileDescriptorProto,
    see: &mut impl FnMut(&Spot<'a>, &'a DescriptorProto) -> Result<(), E>,
) -> Result<(), E> {
    let outside = Spot::file(file);
    for (index, message) in file.message_type.iter().enumerate() {
        nested(&outside.part(4, index), message, see)?;
    }
    Ok(())
}

/// Shows a message and those in it.
fn nested<'a, E>(
    spot: &Spot<'a>,
    message: &'a DescriptorProto,
    see: &mut impl FnMut(&Spot<'a>, &'a DescriptorProto) -> Result<(), E>,
) -> Result<(), E> {
    if is_map_entry(message) {
        return Ok(());
    }
    see(spot, message)?;
    let inside = spot.inside(message.name());
    for (index, message) in message.nested_type.iter().enumerate() {
        nested(&inside.part(3, index), message, see)?;
    }
    Ok(())
}

/// Whether prost makes a map's entry of it, and no message.
pub(crate) fn is_map_entry(message: &DescriptorProto) -> bool {
    message
        .options
        .as_ref()
        .is_some_and(prost_types::MessageOptions::map_entry)
}
