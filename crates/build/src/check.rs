//! Finds names that would be one in Rust, before any code is written.
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

use std::collections::{HashMap, HashSet};

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

use crate::{
    Collision, Error,
    descriptors::Descriptors,
    enums,
    externs::Externs,
    generator::Placement,
    names::{self, within_module},
    options::within,
    place::{Fault, Places},
    prost_config::EnumPrefix,
    walk::{self, Spot},
};

/// What to do where both names are the files'.
const RENAME: &str = "rename one";
/// What to do where a file's name is that of the module of stubs.
const OTHER: &str = "give `stub_module` another name";
/// What to do where a stub has the name of a message.
const APART: &str = "rename one, or put stubs into a module of their own with `stub_module`";

/// Checks all that is generated.
///
/// Rust has fewer names than the files: `foo_bar` and `FooBar` are two messages and one type. Types and the modules
/// of messages share the names of a module; fields, variants, values, accessors and RPCs have names of their own.
pub(crate) fn collisions(
    descriptors: &Descriptors,
    externs: &Externs,
    prefix: EnumPrefix,
    stubs: Option<&Placement>,
) -> Result<(), Error> {
    let mut names = Names {
        places: &descriptors.places,
        externs,
        prefix,
        taken: HashMap::new(),
    };
    for file in &descriptors.files {
        names.file(file)?;
    }
    // Behind all messages, which stubs yield to.
    for file in &descriptors.files {
        if let Some(placement) = stubs {
            names.services(file, placement)?;
        }
    }
    Ok(())
}

/// What has a name, and where it stands.
#[derive(Clone)]
struct Owner<'a> {
    /// Kind and full name, as errors have them: "message `cafe.v1.Latte`".
    what: String,
    /// The file that it stands in.
    file: &'a FileDescriptorProto,
    /// Its place in the file's descriptor, by which its line is found.
    path: Vec<i32>,
}

impl<'a> Owner<'a> {
    /// What of this kind and name stands at this spot.
    fn new(kind: &str, spot: &Spot<'a>, name: &str) -> Self {
        Self {
            what: format!("{kind} `{}`", within(&spot.scope, name)),
            file: spot.file,
            path: spot.path.clone(),
        }
    }
}

/// All names so far.
struct Names<'a, 'b> {
    /// Where things stand, for errors.
    places: &'b Places,
    /// What is not generated, and so takes no names.
    externs: &'b Externs,
    /// Whether the names of values are shortened.
    prefix: EnumPrefix,
    /// By the space that a name has to be unique in, a blank, and the name.
    taken: HashMap<String, Owner<'a>>,
}

impl<'a> Names<'a, '_> {
    /// All but the services of a file.
    fn file(&mut self, file: &'a FileDescriptorProto) -> Result<(), Error> {
        let spot = Spot::file(file);
        for (index, enumeration) in file.enum_type.iter().enumerate() {
            self.enumeration(&spot.part(5, index), enumeration)?;
        }
        walk::messages(file, &mut |spot, message| self.message(spot, message))
    }

    /// A message, what is in it, and the module that prost makes of that.
    fn message(&mut self, spot: &Spot<'a>, message: &'a DescriptorProto) -> Result<(), Error> {
        let name = message.name();
        if self.externs.cover(&within(&spot.scope, name)) {
            return Ok(());
        }
        let owner = Owner::new("message", spot, name);
        self.claim(&spot.module, &names::message(name), &owner, RENAME)?;
        if has_module(message) {
            // It may be that of a package too, so that it is not claimed among the types.
            let (module, own) = (
                names::module(name),
                Owner::new("the module of message", spot, name),
            );
            self.refuse(&spot.module, &module, &own, RENAME)?;
            self.claim(&format!("module {}", spot.module), &module, &own, RENAME)?;
        }
        let inside = spot.inside(name);
        for (index, enumeration) in message.enum_type.iter().enumerate() {
            self.enumeration(&inside.part(4, index), enumeration)?;
        }
        self.fields(&inside, message)
    }

    /// A message's fields and oneofs, with the methods and types that prost derives.
    fn fields(&mut self, inside: &Spot<'a>, message: &'a DescriptorProto) -> Result<(), Error> {
        let scope = &inside.scope;
        let space = |kind: &str| format!("{kind} {scope}");
        let oneofs: HashSet<_> = message.field.iter().filter_map(real_oneof).collect();
        for (index, field) in message.field.iter().enumerate() {
            let owner = Owner::new("field", &inside.part(2, index), field.name());
            if let Some(oneof) = real_oneof(field) {
                let variant = names::message(field.name());
                self.claim(&space(&format!("oneof {oneof}")), &variant, &owner, RENAME)?;
                continue;
            }
            self.claim(
                &space("field"),
                &names::module(field.name()),
                &owner,
                RENAME,
            )?;
            if field.r#type() == Type::Enum {
                for accessor in enum_accessors(field) {
                    self.claim(&space("accessor"), &accessor, &owner, RENAME)?;
                }
            }
        }
        for (index, oneof) in message.oneof_decl.iter().enumerate() {
            if i32::try_from(index).is_ok_and(|index| oneofs.contains(&index)) {
                let owner = Owner::new("oneof", &inside.part(8, index), oneof.name());
                self.claim(
                    &space("field"),
                    &names::module(oneof.name()),
                    &owner,
                    RENAME,
                )?;
                let name = oneof_type(message, oneof.name());
                self.claim(&inside.module, &name, &owner, RENAME)?;
            }
        }
        Ok(())
    }

    /// An enum and its values.
    fn enumeration(
        &mut self,
        spot: &Spot<'a>,
        enumeration: &'a EnumDescriptorProto,
    ) -> Result<(), Error> {
        let scope = within(&spot.scope, enumeration.name());
        if self.externs.cover(&scope) {
            return Ok(());
        }
        let owner = Owner::new("enum", spot, enumeration.name());
        self.claim(
            &spot.module,
            &names::message(enumeration.name()),
            &owner,
            RENAME,
        )?;
        let space = format!("value {scope}");
        let inside = Spot {
            scope,
            ..spot.clone()
        };
        let mut numbers = HashSet::new();
        for (index, value) in enumeration.value.iter().enumerate() {
            // A second value of a number is an alias, which Rust does not get.
            if numbers.insert(value.number()) {
                let shown = enums::original(value.name()).unwrap_or(value.name());
                let owner = Owner::new("value", &inside.part(2, index), shown);
                let name = match self.prefix {
                    EnumPrefix::Stripped => names::without_prefix(enumeration.name(), value.name()),
                    EnumPrefix::Kept => names::message(value.name()),
                };
                self.claim(&space, &name, &owner, RENAME)?;
            }
        }
        Ok(())
    }

    /// The stubs of a file, and the RPCs of each.
    fn services(
        &mut self,
        file: &'a FileDescriptorProto,
        placement: &Placement,
    ) -> Result<(), Error> {
        let outside = Spot::file(file);
        let module = match placement {
            Placement::BesideMessages => outside.module.clone(),
            Placement::Module(name) => {
                if !file.service.is_empty() {
                    let own = Owner::new("the module of stubs", &outside.part(6, 0), name);
                    self.refuse(&format!("module {}", outside.module), name, &own, OTHER)?;
                }
                within_module(&outside.module, name)
            }
        };
        for (index, service) in file.service.iter().enumerate() {
            let spot = outside.part(6, index);
            let owner = Owner::new("service", &spot, service.name());
            for name in names::service_types(service.name()) {
                self.claim(&module, &name, &owner, APART)?;
            }
            let scope = within(&spot.scope, service.name());
            let space = format!("RPC {scope}");
            let inside = Spot { scope, ..spot };
            // Two RPCs of one name collide on the stub, and so do their constants.
            for (index, method) in service.method.iter().enumerate() {
                let owner = Owner::new("RPC", &inside.part(2, index), method.name());
                self.claim(&space, &names::on_stub(method.name()), &owner, RENAME)?;
            }
        }
        Ok(())
    }

    /// Takes a name in a space; it must be free, and a name in Rust too.
    fn claim(
        &mut self,
        space: &str,
        name: &str,
        owner: &Owner<'a>,
        remedy: &'static str,
    ) -> Result<(), Error> {
        if name.is_empty() {
            let place = self.places.of(owner.file, &owner.path);
            let what = format!(
                "{} has neither a letter nor a digit, and so no name in Rust; rename it",
                owner.what
            );
            return Err(Error::Proto(Box::new(Fault::at(&place, what))));
        }
        self.refuse(space, name, owner, remedy)?;
        self.taken.insert(format!("{space} {name}"), owner.clone());
        Ok(())
    }

    /// Fails where a name is taken.
    ///
    /// The error tells of both, with their files and lines, and of what to do.
    fn refuse(
        &self,
        space: &str,
        name: &str,
        second: &Owner<'a>,
        remedy: &'static str,
    ) -> Result<(), Error> {
        let Some(first) = self.taken.get(&format!("{space} {name}")) else {
            return Ok(());
        };
        Err(Error::Collision(Box::new(Collision {
            first: first.what.clone(),
            first_place: self.places.of(first.file, &first.path),
            second: second.what.clone(),
            second_place: self.places.of(second.file, &second.path),
            name: name.to_owned(),
            remedy,
        })))
    }
}

/// Whether prost makes a module of what is in a message.
///
/// It makes one for nested messages, enums and oneofs. The entries of maps become no types.
fn has_module(message: &DescriptorProto) -> bool {
    !message.enum_type.is_empty()
        || message
            .nested_type
            .iter()
            .any(|nested| !walk::is_map_entry(nested))
        || message
            .field
            .iter()
            .any(|field| real_oneof(field).is_some())
}

/// The oneof of a field, unless it stands for `optional`.
///
/// To a descriptor, an `optional` field of proto3 is one of a oneof of its own.
fn real_oneof(field: &FieldDescriptorProto) -> Option<i32> {
    field.oneof_index.filter(|_| !field.proto3_optional())
}

/// The type of a oneof, which yields to types inside the message.
fn oneof_type(message: &DescriptorProto, oneof: &str) -> String {
    let name = names::message(oneof);
    let messages = message.nested_type.iter().map(DescriptorProto::name);
    let mut others = messages.chain(message.enum_type.iter().map(EnumDescriptorProto::name));
    if others.any(|other| names::message(other) == name) {
        name + "OneOf"
    } else {
        name
    }
}

/// The methods that prost derives for a field of an enum, beside the field.
fn enum_accessors(field: &FieldDescriptorProto) -> [String; 2] {
    let name = names::module(field.name());
    let name = name.strip_prefix("r#").unwrap_or(&name);
    let verb = if field.label() == Label::Repeated {
        "push"
    } else {
        "set"
    };
    [name.to_owned(), format!("{verb}_{name}")]
}
