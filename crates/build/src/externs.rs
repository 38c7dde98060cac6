//! Decides which proto types are Rust types that exist already.
//!
//! prost-build takes all below `google.protobuf` for `prost-types`; a package of one's own there is generated.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let text = "syntax = 'proto3'; package google.protobuf.mine; message M { M m = 1; }";
//! # std::fs::write(&proto, text)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! assert!(out.path().join("google.protobuf.mine.rs").exists());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::collections::HashMap;

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

use crate::{
    Error,
    prost_config::{ProstConfig, WellKnown},
};

/// The package that `prost-types` has most of.
const GOOGLE: &str = "google.protobuf";

/// Rust paths by proto paths, which begin with a dot and cover all that is in them.
pub(crate) struct Externs {
    /// By proto path; whether any of them covers a name is all that is asked here.
    paths: HashMap<String, String>,
}

impl Externs {
    /// Those of the settings, which win, and `google.protobuf`'s; prost-build is told of all.
    pub(crate) fn new(
        config: &mut ProstConfig,
        files: &[FileDescriptorProto],
    ) -> Result<Self, Error> {
        let mut externs = Self {
            paths: HashMap::new(),
        };
        for (proto, rust) in std::mem::take(&mut config.externs) {
            check(&proto, &rust)?;
            if let Some(first) = externs.paths.insert(proto.clone(), rust.clone()) {
                return Err(setting(format!(
                    "{proto:?} is both {first:?} and {rust:?}; leave one away"
                )));
            }
        }
        if config.well_known == WellKnown::ProstTypes {
            externs.add_google(config, files);
        }
        // From here on prost-build's own list would only be in the way.
        config.config.compile_well_known_types();
        for (proto, rust) in &externs.paths {
            config.config.extern_path(proto, rust);
        }
        Ok(externs)
    }

    /// Whether a full name is not generated.
    ///
    /// A type is covered by its own path, or by that of anything that it is in.
    pub(crate) fn cover(&self, name: &str) -> bool {
        let name = format!(".{name}");
        let ends = name.match_indices('.').map(|(end, _)| end).skip(1);
        ends.chain([name.len()])
            .any(|end| self.paths.contains_key(&name[..end]))
    }

    /// Those of prost-build's own list, type by type where a package below `google.protobuf` is not in it.
    fn add_google(&mut self, config: &ProstConfig, files: &[FileDescriptorProto]) {
        let (prost, types) = (&config.paths.prost, &config.paths.prost_types);
        let string = format!("{prost}::alloc::string::String");
        let bytes = format!("{prost}::alloc::vec::Vec<u8>");
        for (name, rust) in [
            ("BoolValue", "bool"),
            ("BytesValue", &bytes),
            ("DoubleValue", "f64"),
            ("Empty", "()"),
            ("FloatValue", "f32"),
            ("Int32Value", "i32"),
            ("Int64Value", "i64"),
            ("StringValue", &string),
            ("UInt32Value", "u32"),
            ("UInt64Value", "u64"),
        ] {
            self.add(format!(".{GOOGLE}.{name}"), rust.to_owned());
        }
        if files.iter().any(|file| is_below_google(file.package())) {
            self.add(format!(".{GOOGLE}.compiler"), format!("{types}::compiler"));
            for file in files.iter().filter(|file| file.package() == GOOGLE) {
                let messages = file.message_type.iter().map(DescriptorProto::name);
                for name in messages.chain(file.enum_type.iter().map(EnumDescriptorProto::name)) {
                    self.add(format!(".{GOOGLE}.{name}"), format!("{types}::{name}"));
                }
            }
        } else {
            self.add(format!(".{GOOGLE}"), types.clone());
        }
    }

    /// Adds one that the settings do not have.
    fn add(&mut self, proto: String, rust: String) {
        self.paths.entry(proto).or_insert(rust);
    }
}

/// Whether `prost-types` has nothing of a package below `google.protobuf`.
fn is_below_google(package: &str) -> bool {
    let below = package
        .strip_prefix(GOOGLE)
        .and_then(|rest| rest.strip_prefix('.'));
    below.is_some_and(|rest| rest != "compiler")
}

/// Refuses paths that prost-build would refuse later, or not at all.
fn check(proto: &str, rust: &str) -> Result<(), Error> {
    let Some(names) = proto.strip_prefix('.') else {
        return Err(setting(format!(
            "the proto path {proto:?} does not begin with a dot; write \".{proto}\""
        )));
    };
    if names.split('.').any(str::is_empty) {
        return Err(setting(format!(
            "the proto path {proto:?} has an empty name; name a package or a type"
        )));
    }
    if syn::parse_str::<syn::Type>(rust).is_err() {
        return Err(setting(format!(
            "{rust:?} is no path of a Rust type or module; write one such as \"::beans::Coffee\""
        )));
    }
    Ok(())
}

/// A setting that cannot work.
fn setting(reason: String) -> Error {
    Error::Setting {
        name: "extern_path".to_owned(),
        reason,
    }
}
