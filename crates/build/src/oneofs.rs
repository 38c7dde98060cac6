//! Finds the oneofs, whose Rust enums have variants of any size: clippy would have the large ones
//! boxed.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; message M { oneof kind { string name = 1; bool none = 2; } }";
//! # std::fs::write(&proto, text)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! # let code = std::fs::read_to_string(out.path().join("_.rs"))?;
//! assert!(code.contains("#[allow(clippy::large_enum_variant)]\n    #[derive"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use prost_types::{DescriptorProto, FileDescriptorProto};

/// The attribute that keeps clippy quiet.
pub(crate) const ALLOW: &str = "#[allow(clippy::large_enum_variant)]";

/// Lists the proto paths of all oneofs.
pub(crate) fn paths(files: &[FileDescriptorProto]) -> Vec<String> {
    let mut paths = Vec::new();
    for file in files {
        let scope = match file.package() {
            "" => String::new(),
            package => format!(".{package}"),
        };
        collect(&file.message_type, &scope, &mut paths);
    }
    paths
}

fn collect(messages: &[DescriptorProto], scope: &str, paths: &mut Vec<String>) {
    for message in messages {
        let path = format!("{scope}.{}", message.name());
        let oneofs = message.oneof_decl.iter();
        paths.extend(oneofs.map(|oneof| format!("{path}.{}", oneof.name())));
        collect(&message.nested_type, &path, paths);
    }
}
