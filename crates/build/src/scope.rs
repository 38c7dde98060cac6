//! Looks names up as protoc does: only in a file itself and in what it imports.
//!
//! protox looks through all files of a run, so that a package which a file does not import can hide another. Each
//! name that is found here is written in full, which leaves nothing to search.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! let files = [
//!     ("1.proto", "package x.a.common; message Z {}"), // hides x.common for x.a, if it is looked at
//!     ("2.proto", "package x.common; message D {}"),
//!     ("3.proto", "package x.a.d; import '2.proto'; message M { optional common.D d = 1; }"),
//! ];
//! # for (name, text) in files { std::fs::write(dir.path().join(name), text)?; }
//! # let build = ziggurat_build::configure().out_dir(out.path());
//! build.compile(&["1.proto", "3.proto"], &[dir.path()])?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::collections::{HashMap, HashSet, VecDeque};

use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::options::{self, within};

/// Writes the names of types and extensions in full, in parsed files.
pub(crate) fn qualify(files: &mut [FileDescriptorProto]) {
    let symbols = Symbols::of(files);
    for index in 0..files.len() {
        let view = View::new(&symbols, files, index);
        qualify_file(&mut files[index], &view);
        // protox follows one public import and no more.
        files[index].dependency.extend(view.far);
    }
}

/// What a name may stand for, as far as lookup tells it apart.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A message or an enum.
    Type,
    /// A service, which holds names and is itself never referred to.
    Service,
    /// An extension, which the name of an option refers to.
    Extension,
}

/// What has a full name, other than packages, and in which file.
struct Symbols {
    /// By full name without the leading dot: what it is, and the index of its file.
    kinds: HashMap<String, (Kind, usize)>,
    /// The files by name.
    files: HashMap<String, usize>,
}

impl Symbols {
    /// All names of these files, in one pass over them.
    fn of(files: &[FileDescriptorProto]) -> Self {
        let mut symbols = Self {
            kinds: HashMap::new(),
            files: HashMap::new(),
        };
        for (index, file) in files.iter().enumerate() {
            symbols.files.insert(file.name().to_owned(), index);
            let mut add = |kind, name| {
                symbols
                    .kinds
                    .insert(within(file.package(), name), (kind, index));
            };
            file.enum_type
                .iter()
                .for_each(|e| add(Kind::Type, e.name()));
            file.extension
                .iter()
                .for_each(|e| add(Kind::Extension, e.name()));
            file.service
                .iter()
                .for_each(|s| add(Kind::Service, s.name()));
            for message in &file.message_type {
                symbols.add_message(file.package(), message, index);
            }
        }
        symbols
    }

    /// A message and all in it.
    fn add_message(&mut self, scope: &str, message: &DescriptorProto, file: usize) {
        let scope = within(scope, message.name());
        for enumeration in &message.enum_type {
            self.kinds
                .insert(within(&scope, enumeration.name()), (Kind::Type, file));
        }
        for extension in &message.extension {
            self.kinds
                .insert(within(&scope, extension.name()), (Kind::Extension, file));
        }
        for nested in &message.nested_type {
            self.add_message(&scope, nested, file);
        }
        self.kinds.insert(scope, (Kind::Type, file));
    }
}

/// What one file sees: itself, what it imports, and what that imports publicly.
struct View<'a> {
    /// The names of all files.
    symbols: &'a Symbols,
    /// The indices of those that it sees.
    files: HashSet<usize>,
    /// Those of them that are more than one public import away.
    far: Vec<String>,
    /// The packages of these files and all packages around them.
    packages: HashSet<String>,
}

impl<'a> View<'a> {
    /// What the file of this index sees; goes through public imports as far as they lead.
    fn new(symbols: &'a Symbols, files: &[FileDescriptorProto], file: usize) -> Self {
        let index = |name: &String| symbols.files.get(name).copied();
        let (mut seen, mut far) = (HashSet::from([file]), Vec::new());
        let direct = files[file].dependency.iter().filter_map(index);
        let mut waiting: VecDeque<_> = direct.map(|import| (import, 0)).collect();
        while let Some((next, depth)) = waiting.pop_front() {
            if seen.insert(next) {
                let imported = &files[next];
                if depth > 1 {
                    far.push(imported.name().to_owned());
                }
                let public = imported.public_dependency.iter();
                let names =
                    public.filter_map(|i| imported.dependency.get(usize::try_from(*i).ok()?));
                waiting.extend(names.filter_map(index).map(|import| (import, depth + 1)));
            }
        }
        let mut packages = HashSet::new();
        for &file in &seen {
            let package = files[file].package();
            let ends = package.match_indices('.').map(|(end, _)| end);
            packages.extend(
                ends.chain([package.len()])
                    .map(|end| package[..end].to_owned()),
            );
        }
        Self {
            symbols,
            files: seen,
            far,
            packages,
        }
    }

    /// Finds what a name means in a scope; `None` leaves the error to protox.
    ///
    /// As protoc does, it goes from the innermost scope outwards. Of `a.b` only `a` is looked for that way: the first
    /// scope that has something of that name which can hold another decides, whether `b` is in it or not.
    fn resolve(&self, scope: &str, name: &str, wanted: Kind) -> Option<String> {
        if name.starts_with('.') {
            return None;
        }
        let (first, compound) = match name.split_once('.') {
            Some((first, _)) => (first, true),
            None => (name, false),
        };
        let mut scope = Some(scope);
        while let Some(parent) = scope {
            let candidate = within(parent, first);
            let found = self.kind(&candidate);
            if compound {
                // The innermost that can hold anything decides.
                if self.packages.contains(&candidate)
                    || matches!(found, Some(Kind::Type | Kind::Service))
                {
                    let full = within(parent, name);
                    return (self.kind(&full) == Some(wanted)).then(|| format!(".{full}"));
                }
            } else if found == Some(wanted) {
                return Some(format!(".{candidate}"));
            }
            scope = match parent.rsplit_once('.') {
                Some((around, _)) => Some(around),
                None => (!parent.is_empty()).then_some(""),
            };
        }
        None
    }

    /// What a name is in these files; a package is nothing.
    fn kind(&self, name: &str) -> Option<Kind> {
        let (kind, file) = self.symbols.kinds.get(name)?;
        self.files.contains(file).then_some(*kind)
    }
}

/// Writes all names of a file in full.
fn qualify_file(file: &mut FileDescriptorProto, view: &View<'_>) {
    let package = file.package().to_owned();
    for message in &mut file.message_type {
        qualify_message(message, &package, view);
    }
    for extension in &mut file.extension {
        qualify_field(extension, &package, view);
    }
    for service in &mut file.service {
        let scope = within(&package, service.name());
        for method in &mut service.method {
            qualify_name(&mut method.input_type, &scope, view);
            qualify_name(&mut method.output_type, &scope, view);
        }
    }
    options::visit(file, &mut |scope, option| {
        for part in option.name.iter_mut().filter(|part| part.is_extension) {
            if let Some(full) = view.resolve(scope, &part.name_part, Kind::Extension) {
                part.name_part = full;
            }
        }
    });
}

/// Those of a message and of all in it.
fn qualify_message(message: &mut DescriptorProto, scope: &str, view: &View<'_>) {
    let scope = within(scope, message.name());
    for field in message.field.iter_mut().chain(&mut message.extension) {
        qualify_field(field, &scope, view);
    }
    for nested in &mut message.nested_type {
        qualify_message(nested, &scope, view);
    }
}

/// Those of a field: its type, and what it extends.
fn qualify_field(field: &mut FieldDescriptorProto, scope: &str, view: &View<'_>) {
    qualify_name(&mut field.type_name, scope, view);
    qualify_name(&mut field.extendee, scope, view);
}

/// One name, where it is found.
fn qualify_name(name: &mut Option<String>, scope: &str, view: &View<'_>) {
    if let Some(full) = name
        .as_deref()
        .and_then(|name| view.resolve(scope, name, Kind::Type))
    {
        *name = Some(full);
    }
}
