//! Finds names that would collide in Rust, before any code is written.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; message CafeStub {}
//!     service Cafe { rpc Make(CafeStub) returns (CafeStub); }";
//! # std::fs::write(&proto, text)?;
//! let build = || ziggurat_build::configure().out_dir(dir.path());
//! assert!(build().compile(&[&proto], &[dir.path()]).is_err());
//! assert!(build().stub_module("stubs").compile(&[&proto], &[dir.path()]).is_ok());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::collections::HashMap;

use prost_types::{FileDescriptorProto, ServiceDescriptorProto};

use crate::{Error, generator::Placement, names};

/// Who has a type's name, by package and name.
type Taken<'a> = HashMap<(&'a str, String), String>;

/// Checks what stubs are called, among themselves and beside the messages.
pub(crate) fn collisions(
    files: &[FileDescriptorProto],
    placement: &Placement,
) -> Result<(), Error> {
    let mut taken = match placement {
        Placement::BesideMessages => messages(files),
        Placement::Module(_) => Taken::new(),
    };
    for file in files {
        for service in &file.service {
            let full = full_name(file, service.name());
            methods(service, &full)?;
            for name in names::service_types(service.name()) {
                let owner = format!("service {full}");
                if let Some(other) = taken.insert((file.package(), name.clone()), owner) {
                    return Err(Error::TypeCollision {
                        service: full,
                        name,
                        other,
                    });
                }
            }
        }
    }
    Ok(())
}

/// The top-level messages and enums, which share a module with the stubs.
fn messages(files: &[FileDescriptorProto]) -> Taken<'_> {
    let mut taken = Taken::new();
    for file in files {
        let messages = file.message_type.iter().map(|m| ("message", m.name()));
        let enums = file.enum_type.iter().map(|e| ("enum", e.name()));
        for (kind, name) in messages.chain(enums) {
            let owner = format!("{kind} {}", full_name(file, name));
            taken.insert((file.package(), names::message(name)), owner);
        }
    }
    taken
}

/// Two RPCs of one name collide on the stub, and so do their constants.
fn methods(service: &ServiceDescriptorProto, full: &str) -> Result<(), Error> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for method in &service.method {
        let name = names::on_stub(method.name());
        if let Some(first) = seen.insert(name.clone(), method.name()) {
            return Err(Error::MethodCollision {
                service: full.to_owned(),
                first: first.to_owned(),
                second: method.name().to_owned(),
                name,
            });
        }
    }
    Ok(())
}

fn full_name(file: &FileDescriptorProto, name: &str) -> String {
    match file.package() {
        "" => name.to_owned(),
        package => format!("{package}.{name}"),
    }
}
