//! Writes the stubs of a package's services.
//!
//! ```
//! # let out = tempfile::tempdir()?;
//! ziggurat_build::configure()
//!     .stub_module("stubs")
//!     .out_dir(out.path())
//!     .compile(&["tests/proto/cafe.proto"], &["tests/proto"])?;
//! let code = std::fs::read_to_string(out.path().join("cafe.v1.rs"))?;
//! assert!(code.contains("pub mod stubs {"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::collections::HashMap;

use prost_build::{Module, Service, ServiceGenerator};

use crate::{
    comments, names,
    rpc::{Rpc, Surroundings},
    template::{self, fill},
};

/// Where the stubs of a package stand.
#[derive(Clone, Debug)]
pub(crate) enum Placement {
    /// In the package's module.
    BesideMessages,
    /// In a sub-module of this name.
    Module(String),
}

/// Writes a service whenever prost-build meets one, behind the messages of its file.
pub(crate) struct Generator {
    /// The path of the `ziggurat` crate in the generated code.
    crate_path: String,
    /// Where the stubs go.
    placement: Placement,
    /// The text of a module of stubs, by package, until the package's last service.
    waiting: HashMap<Module, String>,
    /// The user's own, which writes behind each stub.
    own: Option<Box<dyn ServiceGenerator>>,
}

impl Generator {
    /// Writes nothing before prost-build has a service for it.
    pub(crate) fn new(
        crate_path: String,
        placement: Placement,
        own: Option<Box<dyn ServiceGenerator>>,
    ) -> Self {
        Self {
            crate_path,
            placement,
            waiting: HashMap::new(),
            own,
        }
    }

    /// The three types of a service.
    fn service(&self, service: &Service) -> String {
        let [stub, open, methods] = names::service_types(&service.proto_name);
        let path = match service.package.as_str() {
            "" => service.proto_name.clone(),
            package => format!("{package}.{}", service.proto_name),
        };
        let surroundings = Surroundings {
            crate_path: &self.crate_path,
            service: &path,
            methods: &methods,
            to_messages: match self.placement {
                Placement::BesideMessages => "",
                Placement::Module(_) => "super::",
            },
        };
        let rpcs: Vec<_> = (service.methods.iter())
            .map(|method| Rpc::new(method, &surroundings))
            .collect();
        let (deprecated, allow) = deprecation(service);
        let otherwise = format!("Calls the gRPC service `{path}`.");
        fill(
            template::SERVICE,
            &[
                ("Z", &self.crate_path),
                ("DOCS", &comments::docs(&service.comments, &otherwise)),
                ("DEPRECATED", deprecated),
                ("ALLOW", allow),
                ("STUB", &stub),
                ("OPEN", &open),
                ("METHODS", &methods),
                ("PATH", &path),
                ("CALLS", &rpcs.iter().map(Rpc::call).collect::<String>()),
                ("OPENS", &rpcs.iter().map(Rpc::open).collect::<String>()),
                (
                    "CONSTANTS",
                    &rpcs.iter().map(Rpc::constant).collect::<String>(),
                ),
            ],
        )
    }
}

impl ServiceGenerator for Generator {
    /// Writes the stub where it belongs, at once or when its package is complete; then lets the user's own generator write.
    fn generate(&mut self, service: Service, buf: &mut String) {
        let text = self.service(&service);
        match self.placement {
            Placement::BesideMessages => buf.push_str(&text),
            Placement::Module(_) => {
                // Packages may differ and have the same module.
                self.waiting
                    .entry(Module::from_protobuf_package_name(&service.package))
                    .or_default()
                    .push_str(&text);
            }
        }
        if let Some(own) = &mut self.own {
            own.generate(service, buf);
        }
    }

    fn finalize(&mut self, buf: &mut String) {
        if let Some(own) = &mut self.own {
            own.finalize(buf);
        }
    }

    /// Writes the module of stubs, behind all else of the package.
    fn finalize_package(&mut self, package: &str, buf: &mut String) {
        if let (Placement::Module(module), Some(stubs)) = (
            &self.placement,
            self.waiting
                .remove(&Module::from_protobuf_package_name(package)),
        ) {
            let doc = "/// Stubs of the package's services.";
            buf.extend([doc, "\npub mod ", module, " {\n", &stubs, "}\n"]);
        }
        if let Some(own) = &mut self.own {
            own.finalize_package(package, buf);
        }
    }
}

/// The attribute of a deprecated service, and that of the blocks that name something deprecated.
fn deprecation(service: &Service) -> (&'static str, &'static str) {
    let whole = service.options.deprecated();
    let part = (service.methods.iter()).any(|method| method.options.deprecated());
    (
        if whole { "#[deprecated]" } else { "" },
        if whole || part {
            "#[allow(deprecated)]"
        } else {
            ""
        },
    )
}
