//! Keeps an enum's name before its values where they would be one without it.
//!
//! prost-build can do so for all enums or for none. It is given other names for the values of such an enum: the
//! enum's name, a space, and the value's own name. What stands before the space is stripped from the variants, and
//! [`original`] strips it from the strings.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; enum E { E_A = 0; A = 1; }";
//! # std::fs::write(&proto, text)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! # let code = std::fs::read_to_string(out.path().join("_.rs"))?;
//! assert!(code.contains("Self::EA => \"E_A\"") && code.contains("Self::A => \"A\""));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::collections::HashSet;

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

use crate::{names, options::within};

/// Gives other names to the values of enums that need it.
pub(crate) fn keep_prefixes(files: &mut [FileDescriptorProto]) {
    let mut kept = HashSet::new();
    for file in files.iter_mut() {
        let package = file.package().to_owned();
        file.enum_type
            .iter_mut()
            .for_each(|e| keep(&package, e, &mut kept));
        file.message_type
            .iter_mut()
            .for_each(|m| keep_inside(&package, m, &mut kept));
    }
    if !kept.is_empty() {
        let messages = files.iter_mut().flat_map(|file| &mut file.message_type);
        messages.for_each(|message| rename_defaults(message, &kept));
    }
}

/// The name that a value has in its file; `None` if it is no other.
pub(crate) fn original(name: &str) -> Option<&str> {
    name.split_once(' ').map(|(_, name)| name)
}

/// Those of a message and of all in it.
fn keep_inside(scope: &str, message: &mut DescriptorProto, kept: &mut HashSet<String>) {
    let scope = within(scope, message.name());
    message
        .enum_type
        .iter_mut()
        .for_each(|e| keep(&scope, e, kept));
    message
        .nested_type
        .iter_mut()
        .for_each(|m| keep_inside(&scope, m, kept));
}

/// Renames the values of an enum where two would be one.
fn keep(scope: &str, enumeration: &mut EnumDescriptorProto, kept: &mut HashSet<String>) {
    let (mut numbers, mut names) = (HashSet::new(), HashSet::new());
    let mut new = enumeration
        .value
        .iter()
        .filter(|value| numbers.insert(value.number()));
    let enum_name = enumeration.name();
    if new.all(|value| names.insert(names::without_prefix(enum_name, value.name()))) {
        return;
    }
    kept.insert(format!(".{}", within(scope, enum_name)));
    let enum_name = enum_name.to_owned();
    for value in &mut enumeration.value {
        value.name = Some(renamed(&enum_name, value.name()));
    }
}

/// What prost-build is told that a value is called.
fn renamed(enumeration: &str, value: &str) -> String {
    format!("{enumeration} {value}")
}

/// Fields of such an enum name its values.
fn rename_defaults(message: &mut DescriptorProto, kept: &HashSet<String>) {
    for field in message
        .field
        .iter_mut()
        .filter(|field| kept.contains(field.type_name()))
    {
        let enumeration = field
            .type_name()
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned();
        field.default_value = field
            .default_value
            .take()
            .map(|value| renamed(&enumeration, &value));
    }
    message
        .nested_type
        .iter_mut()
        .for_each(|nested| rename_defaults(nested, kept));
}
