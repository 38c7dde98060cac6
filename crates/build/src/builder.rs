//! The settings of a build and the way from files to files.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use prost_types::FileDescriptorSet;
use protox::Compiler;

use crate::{Error, check, comments, generator::Generator};

/// Generates messages and stubs of one file into `OUT_DIR`, with the file's folder as include path.
pub fn compile(proto: impl AsRef<Path>) -> Result<(), Error> {
    let proto = proto.as_ref();
    let folder = match proto.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    configure().compile(&[proto], &[folder])
}

/// Starts a build with settings.
pub fn configure() -> Builder {
    Builder {
        config: prost_build::Config::new(),
        crate_path: "::ziggurat".to_owned(),
        includes: Vec::new(),
        stub_module: None,
        build_services: true,
        rerun_if_changed: std::env::var_os("CARGO").is_some()
            && std::env::var_os("OUT_DIR").is_some(),
    }
}

/// Holds the settings of a build; [`configure`] makes one.
#[must_use = "nothing is generated before `compile`"]
pub struct Builder {
    config: prost_build::Config,
    crate_path: String,
    includes: Vec<PathBuf>,
    stub_module: Option<String>,
    build_services: bool,
    rerun_if_changed: bool,
}

impl Builder {
    /// Adds a folder in which files and imports are looked for.
    pub fn include(mut self, folder: impl Into<PathBuf>) -> Self {
        self.includes.push(folder.into());
        self
    }

    /// Uses existing Rust types for a proto path, such as `.google.rpc` and `::ziggurat_types`.
    pub fn extern_path(self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.prost(|config| {
            config.extern_path(proto, rust);
        })
    }

    /// Names the `ziggurat` crate in generated code; `::ziggurat` by default.
    pub fn crate_path(mut self, path: impl Into<String>) -> Self {
        self.crate_path = path.into();
        self
    }

    /// Writes the code to this folder; by default to `OUT_DIR`.
    pub fn out_dir(self, folder: impl Into<PathBuf>) -> Self {
        self.prost(|config| {
            config.out_dir(folder);
        })
    }

    /// Writes a file that includes every package as nested modules; by default there is none.
    pub fn include_file(self, name: impl Into<PathBuf>) -> Self {
        self.prost(|config| {
            config.include_file(name);
        })
    }

    /// Puts an attribute on the matching messages, enums and oneofs.
    pub fn type_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.prost(|config| {
            config.type_attribute(path, attribute);
        })
    }

    /// Puts an attribute on the matching fields.
    pub fn field_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.prost(|config| {
            config.field_attribute(path, attribute);
        })
    }

    /// Changes any other setting of prost-build.
    pub fn prost(mut self, change: impl FnOnce(&mut prost_build::Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Puts a package's stubs into a sub-module; by default they stand beside the messages.
    pub fn stub_module(mut self, name: impl Into<String>) -> Self {
        self.stub_module = Some(name.into());
        self
    }

    /// Says whether stubs are generated; by default they are.
    pub fn build_services(mut self, yes: bool) -> Self {
        self.build_services = yes;
        self
    }

    /// Generates the code of these files and of what they import.
    ///
    /// # Errors
    ///
    /// A file that is missing or wrong, names that collide in Rust, or an output that cannot be written.
    pub fn compile(
        mut self,
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<(), Error> {
        let own = includes.iter().map(|folder| folder.as_ref().to_owned());
        self.includes.splice(0..0, own);
        let mut files = self.parse(protos)?;
        comments::disarm(&mut files.file);
        if self.build_services {
            check::collisions(&files.file, self.stub_module.is_none())?;
            let generator = Generator::new(self.crate_path, self.stub_module);
            self.config.service_generator(Box::new(generator));
        }
        self.config.compile_fds(files).map_err(Error::Write)
    }

    fn parse(&self, protos: &[impl AsRef<Path>]) -> Result<FileDescriptorSet, Error> {
        let mut compiler = Compiler::new(&self.includes).map_err(Error::Proto)?;
        compiler.include_imports(true).include_source_info(true);
        for proto in protos {
            if self.rerun_if_changed {
                println!("cargo:rerun-if-changed={}", proto.as_ref().display());
            }
            compiler.open_file(proto).map_err(Error::Proto)?;
        }
        if self.rerun_if_changed {
            for path in compiler.files().filter_map(|file| file.path()) {
                println!("cargo:rerun-if-changed={}", path.display());
            }
        }
        Ok(compiler.file_descriptor_set())
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("config", &self.config)
            .field("crate_path", &self.crate_path)
            .field("includes", &self.includes)
            .field("stub_module", &self.stub_module)
            .field("build_services", &self.build_services)
            .finish_non_exhaustive()
    }
}
