//! The settings of prost-build, under its names; each works here or is refused by name.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! let build = ziggurat_build::configure()
//!     # .out_dir(out.path())
//!     .prost(|config| {
//!         config.enable_type_names().protoc_arg("--experimental_allow_proto3_optional");
//!     });
//! let error = build.compile(&["tests/proto/cafe.proto"], &["tests/proto"]).unwrap_err();
//! assert!(error.to_string().contains("`protoc_arg`"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::{ffi::OsStr, fmt, path::PathBuf};

use prost_build::{Config, ServiceGenerator};

/// Holds the settings of prost-build, which writes the messages; [`Builder::prost`](crate::Builder::prost) shows it.
///
/// A method does what the one of the same name does in `prost_build::Config`. Where a proto path is asked for, the
/// table at [`Builder`](crate::Builder) says what it matches. No protoc runs here, so that settings for it are
/// refused: [`compile`](crate::Builder::compile) gives [`Error::Setting`](crate::Error::Setting).
pub struct ProstConfig {
    pub(crate) config: Config,
    pub(crate) paths: Paths,
    pub(crate) externs: Vec<(String, String)>,
    pub(crate) well_known: WellKnown,
    pub(crate) prefix: EnumPrefix,
    pub(crate) comments: SourceInfo,
    /// Each with the setting that it came by.
    pub(crate) attributes: Vec<(&'static str, String)>,
    pub(crate) service_generator: Option<Box<dyn ServiceGenerator>>,
    /// What was set and cannot work, with what to do instead.
    pub(crate) refused: Option<(&'static str, &'static str)>,
    bytes: Vec<String>,
    btree_maps: Vec<String>,
}

/// Where the output goes, and what prost's own crates are called.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) out_dir: Option<PathBuf>,
    pub(crate) include_file: Option<PathBuf>,
    pub(crate) descriptor_set: Option<PathBuf>,
    /// The file of what has no package, without `.rs`.
    pub(crate) no_package: String,
    pub(crate) prost: String,
    pub(crate) prost_types: String,
}

/// Where the messages of `google.protobuf` come from.
#[derive(Debug, PartialEq)]
pub(crate) enum WellKnown {
    /// From `prost-types`.
    ProstTypes,
    /// They are generated.
    Generated,
}

/// What becomes of an enum's name before its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum EnumPrefix {
    Stripped,
    Kept,
}

/// What becomes of comments.
#[derive(Debug, PartialEq)]
pub(crate) enum SourceInfo {
    Kept,
    Dropped,
}

impl ProstConfig {
    pub(crate) fn new() -> Self {
        Self {
            config: Config::new(),
            paths: Paths {
                out_dir: None,
                include_file: None,
                descriptor_set: None,
                no_package: "_".to_owned(),
                prost: "::prost".to_owned(),
                prost_types: "::prost_types".to_owned(),
            },
            externs: Vec::new(),
            well_known: WellKnown::ProstTypes,
            prefix: EnumPrefix::Stripped,
            comments: SourceInfo::Kept,
            attributes: Vec::new(),
            service_generator: None,
            refused: None,
            bytes: Vec::new(),
            btree_maps: Vec::new(),
        }
    }

    /// Makes the maps of these paths a `BTreeMap`, which keeps the order of its keys.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.btree_map([".kitchen"]))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("BTreeMap<") && !code.contains("HashMap<"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn btree_map(&mut self, paths: impl IntoIterator<Item = impl AsRef<str>>) -> &mut Self {
        self.btree_maps
            .extend(paths.into_iter().map(|path| path.as_ref().to_owned()));
        self.config.btree_map(&self.btree_maps);
        self
    }

    /// Makes the `bytes` of these paths `bytes::Bytes`, which are cut out of the answer and not copied.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.bytes([".kitchen.v1.parts.Maker.seal"]))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("pub seal: ::prost::bytes::Bytes"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn bytes(&mut self, paths: impl IntoIterator<Item = impl AsRef<str>>) -> &mut Self {
        self.bytes
            .extend(paths.into_iter().map(|path| path.as_ref().to_owned()));
        self.config.bytes(&self.bytes);
        self
    }

    /// Puts the fields of a path into a `Box`.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.boxed(".kitchen.v1.parts.Part.origin.maker"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("Maker(::prost::alloc::boxed::Box<"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn boxed(&mut self, path: impl AsRef<str>) -> &mut Self {
        self.config.boxed(path);
        self
    }

    /// Puts an attribute on the fields of a path.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.field_attribute("Part.label", "#[serde(skip)]"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("#[serde(skip)]"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn field_attribute(
        &mut self,
        path: impl AsRef<str>,
        attribute: impl AsRef<str>,
    ) -> &mut Self {
        self.attributes
            .push(("field_attribute", attribute.as_ref().to_owned()));
        self.config.field_attribute(path, attribute);
        self
    }

    /// Puts an attribute on the messages, enums and oneofs of a path.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.type_attribute("Part.origin", "#[derive(serde::Serialize)]"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("#[derive(serde::Serialize)]"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn type_attribute(
        &mut self,
        path: impl AsRef<str>,
        attribute: impl AsRef<str>,
    ) -> &mut Self {
        self.attributes
            .push(("type_attribute", attribute.as_ref().to_owned()));
        self.config.type_attribute(path, attribute);
        self
    }

    /// Puts an attribute on the messages of a path.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.message_attribute(".", "#[must_use]"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.matches("#[must_use]").count() == 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn message_attribute(
        &mut self,
        path: impl AsRef<str>,
        attribute: impl AsRef<str>,
    ) -> &mut Self {
        self.attributes
            .push(("message_attribute", attribute.as_ref().to_owned()));
        self.config.message_attribute(path, attribute);
        self
    }

    /// Puts an attribute on the enums and oneofs of a path.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.enum_attribute(".", "#[must_use]"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.matches("#[must_use]").count() == 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn enum_attribute(
        &mut self,
        path: impl AsRef<str>,
        attribute: impl AsRef<str>,
    ) -> &mut Self {
        self.attributes
            .push(("enum_attribute", attribute.as_ref().to_owned()));
        self.config.enum_attribute(path, attribute);
        self
    }

    /// Leaves out the comments of these paths.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.disable_comments(["Maker"]))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(!code.contains("Much larger than a bool.") && code.contains("One part."));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn disable_comments(
        &mut self,
        paths: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> &mut Self {
        self.config.disable_comments(paths);
        self
    }

    /// Leaves out all comments.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.skip_source_info())
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(!code.contains("One part."));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn skip_source_info(&mut self) -> &mut Self {
        self.comments = SourceInfo::Dropped;
        self
    }

    /// Leaves out `Debug` of the types of these paths.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.skip_debug(["Maker"]))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.matches("#[prost(skip_debug)]").count() == 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn skip_debug(&mut self, paths: impl IntoIterator<Item = impl AsRef<str>>) -> &mut Self {
        self.config.skip_debug(paths);
        self
    }

    /// Keeps an enum's name before its values; by default it goes where all values of the enum stay different.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.retain_enum_prefix())
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("MaterialSteel = 1"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn retain_enum_prefix(&mut self) -> &mut Self {
        self.prefix = EnumPrefix::Kept;
        self.config.retain_enum_prefix();
        self
    }

    /// Uses existing Rust types for a path; see [`Builder::extern_path`](crate::Builder::extern_path).
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.extern_path(".kitchen.v1.parts.Maker", "::makers::Maker"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("Maker(::makers::Maker)"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn extern_path(&mut self, proto: impl Into<String>, rust: impl Into<String>) -> &mut Self {
        self.externs.push((proto.into(), rust.into()));
        self
    }

    /// Generates the messages of `google.protobuf` too; by default they are those of `prost-types`.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.compile_well_known_types())
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// assert!(out.path().join("google.protobuf.rs").exists());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn compile_well_known_types(&mut self) -> &mut Self {
        self.well_known = WellKnown::Generated;
        self
    }

    /// Implements `prost::Name` for messages.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.enable_type_names())
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("\"kitchen.v1.parts.Part\".into()"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn enable_type_names(&mut self) -> &mut Self {
        self.config.enable_type_names();
        self
    }

    /// Sets what stands before the name in the type URLs of these paths.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.enable_type_names().type_name_domain(["."], "types.example"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("\"types.example/kitchen.v1.parts.Part\".into()"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn type_name_domain(
        &mut self,
        paths: impl IntoIterator<Item = impl AsRef<str>>,
        domain: impl AsRef<str>,
    ) -> &mut Self {
        self.config.type_name_domain(paths, domain);
        self
    }

    /// Names the `prost` crate in generated code; `::prost` by default.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.prost_path("::my_rpc::prost"))
    ///     .compile(&["tests/proto/kitchen/v1/part.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("kitchen.v1.parts.rs"))?;
    /// assert!(code.contains("::my_rpc::prost::Message"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn prost_path(&mut self, path: impl Into<String>) -> &mut Self {
        self.paths.prost = path.into();
        self.config.prost_path(&self.paths.prost);
        self
    }

    /// Names the `prost-types` crate in generated code; `::prost_types` by default.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.prost_types_path("::my_rpc::prost_types"))
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// assert!(code.contains("::my_rpc::prost_types::Timestamp"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn prost_types_path(&mut self, path: impl Into<String>) -> &mut Self {
        self.paths.prost_types = path.into();
        self
    }

    /// Writes the code to this folder; see [`Builder::out_dir`](crate::Builder::out_dir).
    pub fn out_dir(&mut self, folder: impl Into<PathBuf>) -> &mut Self {
        self.paths.out_dir = Some(folder.into());
        self
    }

    /// Writes a file that includes all others; see [`Builder::include_file`](crate::Builder::include_file).
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.include_file("mod.rs"))
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// assert!(out.path().join("mod.rs").exists());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn include_file(&mut self, name: impl Into<PathBuf>) -> &mut Self {
        self.paths.include_file = Some(name.into());
        self
    }

    /// Names the file of what has no package, without `.rs`; `_` by default.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.default_package_filename("messages"))
    ///     .compile(&["tests/proto/odd/no_package.proto"], &["tests/proto"])?;
    /// assert!(out.path().join("messages.rs").exists());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn default_package_filename(&mut self, name: impl Into<String>) -> &mut Self {
        self.paths.no_package = name.into();
        self
    }

    /// Writes the descriptors too; see
    /// [`Builder::file_descriptor_set_path`](crate::Builder::file_descriptor_set_path).
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// let path = out.path().join("set.bin");
    /// build
    ///     .prost(|config| _ = config.file_descriptor_set_path(&path))
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// assert!(path.exists());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn file_descriptor_set_path(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.paths.descriptor_set = Some(path.into());
        self
    }

    /// Writes something of one's own for each service, behind its stub.
    ///
    /// ```
    /// use prost_build::{Service, ServiceGenerator};
    ///
    /// /// Writes a constant for each service.
    /// struct Names;
    ///
    /// impl ServiceGenerator for Names {
    ///     fn generate(&mut self, service: Service, code: &mut String) {
    ///         code.push_str(&format!("pub const {}: () = ();", service.name.to_uppercase()));
    ///     }
    /// }
    ///
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// build
    ///     .prost(|config| _ = config.service_generator(Box::new(Names)))
    ///     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
    /// # let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
    /// assert!(code.contains("GrinderStub") && code.contains("pub const GRINDER: () = ();"));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn service_generator(&mut self, generator: Box<dyn ServiceGenerator>) -> &mut Self {
        self.service_generator = Some(generator);
        self
    }

    /// Is refused unless it says `true`: the code is always laid out.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// # let build = build.prost(|config| _ = config.format(false));
    /// # let compiled = build.compile(&["tests/proto/cafe.proto"], &["tests/proto"]);
    /// // config.format(false)
    /// let Err(ziggurat_build::Error::Setting { name, .. }) = compiled else { panic!() };
    /// assert_eq!(name, "format");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn format(&mut self, enabled: bool) -> &mut Self {
        if !enabled {
            self.refuse("format", "the code is always laid out; leave it away");
        }
        self
    }

    /// Is refused: no protoc runs.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// # let build = build.prost(|config| _ = config.protoc_arg("-I."));
    /// # let compiled = build.compile(&["tests/proto/cafe.proto"], &["tests/proto"]);
    /// // config.protoc_arg("-I.")
    /// let Err(ziggurat_build::Error::Setting { name, .. }) = compiled else { panic!() };
    /// assert_eq!(name, "protoc_arg");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn protoc_arg(&mut self, _: impl AsRef<OsStr>) -> &mut Self {
        self.refuse(
            "protoc_arg",
            "no protoc runs, and optional fields of proto3 need no argument; leave it away, \
             or run protoc yourself and give its descriptor set to `compile_descriptors`",
        )
    }

    /// Is refused: no protoc runs.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// # let build = build.prost(|config| _ = config.protoc_executable("/usr/bin/protoc"));
    /// # let compiled = build.compile(&["tests/proto/cafe.proto"], &["tests/proto"]);
    /// // config.protoc_executable("/usr/bin/protoc")
    /// let Err(ziggurat_build::Error::Setting { name, .. }) = compiled else { panic!() };
    /// assert_eq!(name, "protoc_executable");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn protoc_executable(&mut self, _: impl Into<PathBuf>) -> &mut Self {
        self.refuse(
            "protoc_executable",
            "no protoc runs; leave it away, or run protoc yourself and give its descriptor set to `compile_descriptors`",
        )
    }

    /// Is refused: no protoc runs.
    ///
    /// ```
    /// # let out = tempfile::tempdir()?;
    /// # let build = ziggurat_build::configure().out_dir(out.path());
    /// # let build = build.prost(|config| _ = config.skip_protoc_run());
    /// # let compiled = build.compile(&["tests/proto/cafe.proto"], &["tests/proto"]);
    /// // config.skip_protoc_run()
    /// let Err(ziggurat_build::Error::Setting { name, .. }) = compiled else { panic!() };
    /// assert_eq!(name, "skip_protoc_run");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn skip_protoc_run(&mut self) -> &mut Self {
        self.refuse(
            "skip_protoc_run",
            "no protoc runs; to use descriptors that are there, give them to `compile_descriptors`",
        )
    }

    /// The first refusal is told.
    fn refuse(&mut self, name: &'static str, instead: &'static str) -> &mut Self {
        self.refused.get_or_insert((name, instead));
        self
    }
}

impl fmt::Debug for ProstConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProstConfig")
            .field("config", &self.config)
            .field("paths", &self.paths)
            .field("externs", &self.externs)
            .field("well_known", &self.well_known)
            .field("comments", &self.comments)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}
