//! Finds names that would collide in Rust, before any code is written.

use std::collections::HashMap;

use prost_types::{FileDescriptorProto, ServiceDescriptorProto};

use crate::{Error, names};

pub(crate) fn collisions(
    files: &[FileDescriptorProto],
    beside_messages: bool,
) -> Result<(), Error> {
    let mut types: HashMap<(&str, String), String> = HashMap::new();
    if beside_messages {
        for file in files {
            let messages = file.message_type.iter().map(|m| ("message", m.name()));
            let enums = file.enum_type.iter().map(|e| ("enum", e.name()));
            for (kind, name) in messages.chain(enums) {
                let full = format!("{kind} {}", full_name(file, name));
                types.insert((file.package(), names::message(name)), full);
            }
        }
    }
    for file in files {
        for service in &file.service {
            let full = full_name(file, service.name());
            methods(service, &full)?;
            for name in names::service_types(service.name()) {
                let other = types.insert((file.package(), name.clone()), format!("service {full}"));
                if let Some(other) = other {
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

fn methods(service: &ServiceDescriptorProto, full: &str) -> Result<(), Error> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for method in &service.method {
        let name = names::function(method.name());
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
