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

use prost_types::FileDescriptorSet;
use protox::Compiler;

use crate::{
    Error, check, comments,
    generator::{Generator, Placement},
    oneofs,
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
        config: prost_build::Config::new(),
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
    config: prost_build::Config,
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

    /// Changes any other setting of prost-build, whose messages are what is generated.
    ///
    /// Its settings for protoc and for services have no effect here. A map in the order of its
    /// keys, and fields of bytes that are cut out of the answer instead of copied:
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// ziggurat_build::configure()
    ///     .prost(|config| {
    ///         config.btree_map(["."]).bytes(["."]);
    ///     })
    ///     # .out_dir(out.path())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn prost(mut self, change: impl FnOnce(&mut prost_build::Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Generates the code of these files and of what they import: one file for each package.
    ///
    /// Each file lies in one of the include folders or is named relative to one; imports are looked
    /// for there too. The files of `google.protobuf` are built in. A file of no package becomes
    /// `_.rs`.
    ///
    /// In a `build.rs` cargo is told to run it again when any file that was read has changed.
    ///
    /// # Errors
    ///
    /// A file that is missing or wrong, names that collide in Rust, or an output that cannot be
    /// written. Nothing is written before all names were checked.
    pub fn compile(
        mut self,
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<(), Error> {
        let mut files = parse(protos, includes).map_err(|error| Error::Proto(error.into()))?;
        comments::clean(&mut files.file);
        for path in oneofs::paths(&files.file) {
            self.config.enum_attribute(path, oneofs::ALLOW);
        }
        if let Some(placement) = self.stubs {
            check::collisions(&files.file, &placement)?;
            let generator = Generator::new(self.crate_path, placement);
            self.config.service_generator(Box::new(generator));
        }
        self.config.compile_fds(files).map_err(Error::Write)
    }
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

fn parse(
    protos: &[impl AsRef<Path>],
    includes: &[impl AsRef<Path>],
) -> Result<FileDescriptorSet, protox::Error> {
    let mut compiler = Compiler::new(includes)?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(protos)?;
    if in_build_script() {
        for path in compiler.files().filter_map(|file| file.path()) {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
    Ok(compiler.file_descriptor_set())
}

/// Elsewhere what is printed would be noise.
fn in_build_script() -> bool {
    ["CARGO", "OUT_DIR"]
        .iter()
        .all(|name| env::var_os(name).is_some())
}
