//! Holds the settings of a build and goes from files to files.
//!
//! protox reads the files, prost-build writes the messages, and behind those of each file the
//! generator of this crate writes the stubs.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! ziggurat_build::configure()
//!     .type_attribute("cafe.v1.Coffee", "#[derive(serde::Serialize)]")
//!     .stub_module("stubs")
//!     .include_file("mod.rs")
//!     .out_dir(out.path())
//!     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
//! assert!(out.path().join("cafe.v1.rs").exists() && out.path().join("mod.rs").exists());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::{
    env, fmt,
    path::{Path, PathBuf},
};

use crate::{
    Error, ProstConfig,
    descriptors::Descriptors,
    generator::Placement,
    output::{self, Stubs},
    place::Fault,
};

/// Generates messages and stubs of one file into `OUT_DIR`.
///
/// The file's folder is the include path. For several files, or any setting, there is
/// [`configure`].
///
/// # Errors
///
/// Those of [`Builder::compile`].
///
/// # Example
///
/// A whole `build.rs`:
///
/// ```no_run
/// fn main() -> Result<(), ziggurat_build::Error> {
///     ziggurat_build::compile("proto/cafe.proto")
/// }
/// ```
pub fn compile(proto: impl AsRef<Path>) -> Result<(), Error> {
    let proto = proto.as_ref();
    let folder = match proto.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    configure().compile(&[proto], &[folder])
}

/// Starts a build with settings; without any it does what [`compile()`] does.
///
/// ```
/// # let out = tempfile::tempdir()?;
/// ziggurat_build::configure()
///     .out_dir(out.path())
///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn configure() -> Builder {
    Builder {
        config: ProstConfig::new(),
        crate_path: "::ziggurat".to_owned(),
        stubs: Some(Placement::BesideMessages),
    }
}

/// Holds the settings of a build; [`configure`] makes one and [`compile`](Self::compile) runs it.
///
/// Where a setting takes a proto path, one of these is meant:
///
/// | path | matches |
/// |---|---|
/// | `.` | everything |
/// | `.cafe.v1` | a package and all that is in it |
/// | `.cafe.v1.Coffee` | a message and all that is in it |
/// | `cafe.v1.Coffee`, `Coffee`, `name` | every path that ends so |
#[must_use = "nothing is generated before `compile`"]
pub struct Builder {
    config: ProstConfig,
    crate_path: String,
    stubs: Option<Placement>,
}

impl Builder {
    /// Uses existing Rust types for a proto path, such as `.google.rpc` and `::ziggurat_types`.
    ///
    /// The Rust path is absolute. By default all packages are generated but `google.protobuf`: its
    /// messages are those of `prost-types`, or plain Rust types such as `()` for `Empty` and
    /// `String` for `StringValue`.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .extern_path(".cafe.v1.Coffee", "::beans::Coffee")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// assert!(code.contains("Call<::beans::Coffee, S>") && !code.contains("struct Coffee {"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn extern_path(self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.prost(|config| {
            config.extern_path(proto, rust);
        })
    }

    /// Names the `ziggurat` crate in generated code, for a renamed or re-exported one.
    ///
    /// The path is absolute; `::ziggurat` by default.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .crate_path("::my_rpc::ziggurat")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// assert!(code.contains("::my_rpc::ziggurat::Channel"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn crate_path(mut self, path: impl Into<String>) -> Self {
        self.crate_path = path.into();
        self
    }

    /// Writes the code to this folder, which must exist; by default to `OUT_DIR`.
    ///
    /// Files that are right already are left as they are.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// assert!(out.path().join("cafe.v1.rs").exists());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn out_dir(self, folder: impl Into<PathBuf>) -> Self {
        self.prost(|config| {
            config.out_dir(folder);
        })
    }

    /// Writes a file that includes every package as nested modules; by default there is none.
    ///
    /// Packages that import each other need it, or the same modules by hand: generated code finds
    /// `a.b` from `a.c` as `super::b`. The program then includes this one file:
    ///
    /// ```text
    /// include!(concat!(env!("OUT_DIR"), "/mod.rs")); // `cafe::v1::CoffeeMachineStub`
    /// ```
    pub fn include_file(self, name: impl Into<PathBuf>) -> Self {
        self.prost(|config| {
            config.include_file(name);
        })
    }

    /// Puts the stubs of a package into a sub-module of this name.
    ///
    /// By default they stand beside the messages. It helps where a message is called like a stub,
    /// such as `CafeStub`.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .stub_module("stubs")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// assert!(code.contains("pub mod stubs {"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn stub_module(mut self, name: impl Into<String>) -> Self {
        self.stubs = Some(Placement::Module(name.into()));
        self
    }

    /// Generates messages only; by default stubs too.
    ///
    /// The code then depends on `prost` alone, not on `ziggurat`.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .messages_only()
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// assert!(code.contains("pub struct Coffee") && !code.contains("ziggurat"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn messages_only(mut self) -> Self {
        self.stubs = None;
        self
    }

    /// Puts an attribute on the messages, enums and oneofs of a proto path.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .type_attribute(".cafe.v1", "#[derive(serde::Serialize)]")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// # assert!(code.contains("#[derive(serde::Serialize)]"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn type_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.prost(|config| {
            config.type_attribute(path, attribute);
        })
    }

    /// Puts an attribute on the fields of a proto path.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .field_attribute("cafe.v1.Coffee.name", "#[serde(rename = \"coffee\")]")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// # assert!(code.contains("#[serde(rename = \"coffee\")]"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn field_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.prost(|config| {
            config.field_attribute(path, attribute);
        })
    }

    /// Makes the maps of a proto path a `BTreeMap`, which keeps the order of its keys.
    ///
    /// By default they are a `HashMap`.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .btree_map(".")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("BTreeMap<") && !code.contains("HashMap<"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn btree_map(self, path: impl AsRef<str>) -> Self {
        self.prost(|config| {
            config.btree_map([path]);
        })
    }

    /// Makes the `bytes` of a proto path [`bytes::Bytes`](https://docs.rs/bytes): cut out of the answer, not copied.
    ///
    /// By default they are a `Vec<u8>`. The type comes by way of `prost`; the program needs no `bytes` of its own.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .bytes(".kitchen.v1.parts.Maker")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("pub seal: ::prost::bytes::Bytes"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn bytes(self, path: impl AsRef<str>) -> Self {
        self.prost(|config| {
            config.bytes([path]);
        })
    }

    /// Puts the fields of a proto path into a `Box`, such as large ones that are seldom there.
    ///
    /// By default only those are that would make a message hold itself. A field of a oneof has the oneof's name
    /// before its own.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .boxed(".kitchen.v1.parts.Part.origin.maker")
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("Maker(::prost::alloc::boxed::Box<"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn boxed(self, path: impl AsRef<str>) -> Self {
        self.prost(|config| {
            config.boxed(path);
        })
    }

    /// Uses the crate `ziggurat-types` for `google.rpc.Status` and its ten standard details.
    ///
    /// By default they are generated like all others. What else is in `google.rpc` still is.
    ///
    /// ```
    /// # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
    /// # let proto = dir.path().join("a.proto");
    /// # std::fs::write(&proto, "syntax = 'proto3'; package google.rpc; message Help {} message M { Help help = 1; }")?;
    /// ziggurat_build::configure()
    ///     .standard_details()
    ///     # .out_dir(out.path())
    ///     .compile(&[&proto], &[dir.path()])?;
    /// # let code = std::fs::read_to_string(out.path().join("google.rpc.rs"))?;
    /// assert!(code.contains("Option<::ziggurat_types::Help>"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn standard_details(mut self) -> Self {
        for name in STANDARD_DETAILS {
            self = self.extern_path(
                format!(".google.rpc.{name}"),
                format!("::ziggurat_types::{name}"),
            );
        }
        self
    }

    /// Writes the descriptors of all files to this path too, as a `google.protobuf.FileDescriptorSet`.
    ///
    /// Server reflection needs it, and everything that reads messages without their types. It has imports, comments
    /// and custom options. By default there is none. A relative path starts at the current folder.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .file_descriptor_set_path(out.path().join("cafe.bin"))
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// assert!(out.path().join("cafe.bin").exists());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn file_descriptor_set_path(self, path: impl Into<PathBuf>) -> Self {
        self.prost(|config| {
            config.file_descriptor_set_path(path);
        })
    }

    /// Changes any other setting of prost-build, whose messages are what is generated.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .prost(|config| {
    ///         config.enable_type_names().retain_enum_prefix();
    ///     })
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn prost(mut self, change: impl FnOnce(&mut ProstConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Generates the code of these files and of what they import: one file for each package.
    ///
    /// Each file is a path to one in an include folder, or is named relative to such a folder; imports are looked
    /// for there too. The files of `google.protobuf` are built in. A file of no package becomes `_.rs`.
    ///
    /// In a `build.rs` cargo is told to run it again when any file that was read has changed.
    ///
    /// # Errors
    ///
    /// A file that is missing or wrong, names that are one in Rust, a setting that cannot work, or an output that
    /// cannot be written. Nothing is written before all names were checked.
    ///
    /// # Example
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build.compile(
    ///     &["tests/proto/cafe.proto", "kitchen/v1/menu.proto"], // a path, and a name
    ///     &["tests/proto"],
    /// )?;
    /// assert!(out.path().join("kitchen.v1.rs").exists());
    /// assert!(out.path().join("shop.rs").exists()); // is imported
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn compile(
        self,
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<(), Error> {
        let descriptors = Descriptors::from_sources(protos, includes).map_err(wrong)?;
        if in_build_script() {
            for path in descriptors.places.paths() {
                println!("cargo:rerun-if-changed={}", path.display());
            }
        }
        self.write(descriptors)
    }

    /// Generates the code of a `google.protobuf.FileDescriptorSet`, as protoc and buf write it.
    ///
    /// It is the way for files that the parser here does not take and protoc does, such as those of an edition.
    /// Names and comments are as from the files. The set has to hold all imports:
    ///
    /// ```text
    /// protoc --include_imports --include_source_info -I proto -o proto/cafe.bin proto/cafe.proto
    /// buf build -o proto/cafe.bin
    /// ```
    ///
    /// A `build.rs` that reads it tells cargo so:
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// println!("cargo:rerun-if-changed=proto/cafe.bin");
    /// let set = std::fs::read("proto/cafe.bin")?;
    /// ziggurat_build::configure().compile_descriptors(&set)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Bytes that are no such set, a set without its imports, an edition other than 2023 and 2024, and those of
    /// [`compile`](Self::compile).
    pub fn compile_descriptors(self, set: impl AsRef<[u8]>) -> Result<(), Error> {
        let descriptors = Descriptors::from_set(set.as_ref()).map_err(wrong)?;
        self.write(descriptors)
    }

    fn write(self, descriptors: Descriptors) -> Result<(), Error> {
        let Self {
            mut config,
            crate_path,
            stubs,
        } = self;
        let stubs = stubs.map(|placement| Stubs {
            crate_path,
            placement,
        });
        output::write(descriptors, &mut config, stubs)
    }
}

/// What `ziggurat-types` has.
const STANDARD_DETAILS: [&str; 11] = [
    "Status",
    "BadRequest",
    "DebugInfo",
    "ErrorInfo",
    "Help",
    "LocalizedMessage",
    "PreconditionFailure",
    "QuotaFailure",
    "RequestInfo",
    "ResourceInfo",
    "RetryInfo",
];

fn wrong(fault: Fault) -> Error {
    Error::Proto(Box::new(fault))
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("crate_path", &self.crate_path)
            .field("stubs", &self.stubs)
            .finish()
    }
}

/// Elsewhere what is printed would be noise.
fn in_build_script() -> bool {
    ["CARGO", "OUT_DIR"]
        .iter()
        .all(|name| env::var_os(name).is_some())
}
