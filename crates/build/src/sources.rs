//! Finds the files to compile and all that they import, and parses them.
//!
//! Files are found as by protoc: one that exists on disk is named by the include folder that it lies in; any other
//! is looked for in the include folders. Imports are looked for there, then among the files of `google.protobuf`,
//! which are built in.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # std::fs::create_dir(dir.path().join("cafe"))?;
//! # std::fs::write(dir.path().join("cafe/a.proto"), "syntax = 'proto3'; message M {}")?;
//! let build = || ziggurat_build::configure().out_dir(out.path());
//! assert!(build().compile(&["cafe/a.proto"], &[dir.path()]).is_ok());
//! assert!(build().compile(&[dir.path().join("cafe/a.proto")], &[dir.path()]).is_ok());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::{
    collections::HashSet,
    fs, io,
    path::{Component, Path, PathBuf},
};

use prost_types::FileDescriptorProto;
use protox::file::{File, FileResolver, GoogleFileResolver};

use crate::{
    place::{Fault, Places},
    source::{self, Unreadable},
    syntax,
};

/// Parsed files, each behind those that it imports; their types are not looked up yet.
pub(crate) struct Sources {
    /// The folders that names begin in, in the order in which they are looked through.
    includes: Vec<PathBuf>,
    /// The files of `google.protobuf`.
    builtin: GoogleFileResolver,
    /// What was read or is being read, by name.
    begun: HashSet<String>,
    /// Which path each name was read from, for errors.
    pub(crate) places: Places,
    /// In the order of a descriptor set.
    pub(crate) files: Vec<FileDescriptorProto>,
}

/// A file whose imports are being read.
struct Open {
    /// As it was parsed.
    file: FileDescriptorProto,
    /// How many of its imports were looked at; the last of them is being read.
    imports: usize,
}

impl Sources {
    /// Reads these files and what they import.
    ///
    /// # Errors
    ///
    /// A file is not there, cannot be read or parsed, is hidden by another of its name, or is one of a circle.
    pub(crate) fn read(
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<Self, Fault> {
        let mut sources = Self {
            includes: includes
                .iter()
                .map(|path| path.as_ref().to_owned())
                .collect(),
            builtin: GoogleFileResolver::new(),
            begun: HashSet::new(),
            places: Places::default(),
            files: Vec::new(),
        };
        for proto in protos {
            let proto = proto.as_ref();
            let name = sources.name(proto)?;
            if !sources.begun.contains(&name) {
                let file = sources.open(&name)?.ok_or_else(|| sources.nowhere(proto))?;
                sources.read_imports(file)?;
            }
        }
        Ok(sources)
    }

    /// Goes through imports by a stack of its own: a chain of them may be long.
    ///
    /// A file that was begun and is not on the stack was read before, by another way; one that is on it closes a circle.
    fn read_imports(&mut self, root: FileDescriptorProto) -> Result<(), Fault> {
        let mut stack = vec![Open {
            file: root,
            imports: 0,
        }];
        while let Some(open) = stack.last_mut() {
            let Some(import) = open.file.dependency.get(open.imports).cloned() else {
                self.files.extend(stack.pop().map(|open| open.file));
                continue;
            };
            let index = open.imports;
            open.imports += 1;
            if open.file.dependency[..index].contains(&import) {
                let place = self.import_place(&open.file, index);
                return Err(Fault::at(
                    &place,
                    format_args!("{import:?} is imported twice; remove one"),
                ));
            }
            if self.begun.contains(&import) {
                if let Some(first) = stack.iter().position(|open| open.file.name() == import) {
                    return Err(self.cycle(&stack[first..]));
                }
                continue;
            }
            let place = self.import_place(&open.file, index);
            match self.open(&import)? {
                Some(file) => stack.push(Open { file, imports: 0 }),
                None => return Err(self.no_import(&place, &import)),
            }
        }
        Ok(())
    }

    /// Opens a file by the name that imports use; `None` if there is none.
    fn open(&mut self, name: &str) -> Result<Option<FileDescriptorProto>, Fault> {
        for include in &self.includes {
            let path = include.join(name);
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if absent(&error) => continue,
                Err(error) => {
                    let what = format!("cannot be read: {error}");
                    return Err(Fault::at(&path.display().to_string(), what).caused_by(error));
                }
            };
            self.begun.insert(name.to_owned());
            self.places.insert(name, path);
            return parse(name, &self.places.file(name), bytes).map(Some);
        }
        let builtin = self.builtin.open_file(name).ok();
        if builtin.is_some() {
            self.begun.insert(name.to_owned());
        }
        Ok(builtin.map(FileDescriptorProto::from))
    }

    /// What a file to compile is called by those that import it.
    ///
    /// It must be the file's only name: two would make two files of it, whose types collide.
    fn name(&self, proto: &Path) -> Result<String, Fault> {
        if !proto.exists() {
            return virtual_name(proto).ok_or_else(|| self.nowhere(proto));
        }
        let textual = self
            .includes
            .iter()
            .find_map(|include| stripped(proto, include));
        let Some(name) = textual.or_else(|| self.real_name(proto)) else {
            // What is not in an include folder may still be named from one.
            return virtual_name(proto).ok_or_else(|| self.nowhere(proto));
        };
        let first = self
            .includes
            .iter()
            .map(|include| include.join(&name))
            .find(|path| path.exists());
        match first {
            Some(first) if !same_file(&first, proto) => Err(Fault::at(
                &proto.display().to_string(),
                format_args!(
                    "is hidden by {}, which has the same name in an include folder before; \
                     compile that one, or change the order of the include folders",
                    first.display()
                ),
            )),
            _ => Ok(name),
        }
    }

    /// The name by an include folder that is the file's only when links and `..` are followed.
    fn real_name(&self, proto: &Path) -> Option<String> {
        let proto = proto.canonicalize().ok()?;
        let mut includes = self
            .includes
            .iter()
            .filter_map(|path| or_here(path).canonicalize().ok());
        includes.find_map(|include| stripped(&proto, &include))
    }

    /// A file to compile that cannot be found, and where it was looked for.
    fn nowhere(&self, proto: &Path) -> Fault {
        let what = if proto.exists() {
            "lies in none of the include folders"
        } else {
            "is not there, neither as a path nor in the include folders"
        };
        Fault::at(
            &proto.display().to_string(),
            format_args!("{what} ({}); add its folder to them", self.listed()),
        )
    }

    /// An import that cannot be found, and where it was looked for.
    fn no_import(&self, place: &str, import: &str) -> Fault {
        Fault::at(
            place,
            format_args!(
                "{import:?} is in none of the include folders ({}); add the folder that its name begins in",
                self.listed()
            ),
        )
    }

    /// The include folders, for errors.
    fn listed(&self) -> String {
        match self.includes.as_slice() {
            [] => "none".to_owned(),
            includes => {
                let shown: Vec<_> = includes
                    .iter()
                    .map(|path| or_here(path).display().to_string())
                    .collect();
                shown.join(", ")
            }
        }
    }

    /// Files that import each other, in order.
    fn cycle(&self, open: &[Open]) -> Fault {
        let mut names: Vec<_> = open.iter().map(|open| open.file.name()).collect();
        names.extend(names.first().copied());
        let last = open
            .last()
            .map(|open| self.import_place(&open.file, open.imports - 1));
        let what = format!(
            "files import each other: {}; break the circle",
            names.join(" → ")
        );
        Fault::at(&last.unwrap_or_default(), what)
    }

    /// Where a file has its import of this index.
    fn import_place(&self, file: &FileDescriptorProto, index: usize) -> String {
        const DEPENDENCY: i32 = 3;
        let index = i32::try_from(index).unwrap_or_default();
        self.places.of(file, &[DEPENDENCY, index])
    }
}

/// Parses a file that was read; `shown` is what errors call it.
fn parse(name: &str, shown: &str, bytes: Vec<u8>) -> Result<FileDescriptorProto, Fault> {
    let text = source::text(bytes).map_err(|unreadable| match unreadable {
        Unreadable::Byte { line, column, .. } => {
            Fault::at(&format!("{shown}:{line}:{column}"), unreadable)
        }
        Unreadable::Utf16 => Fault::at(shown, unreadable),
    })?;
    if let Some(fault) = syntax::edition(&text, name, shown) {
        return Err(fault);
    }
    match File::from_source(name, &text) {
        Ok(file) => Ok(file.into()),
        Err(error) => Err(syntax::fault(error, name, shown)),
    }
}

/// Folders and missing folders are no files; the rest is worth an error.
fn absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// The name of a path in a folder, by its text; `.` counts for nothing.
fn stripped(path: &Path, folder: &Path) -> Option<String> {
    let mut path = path.components().filter(|part| *part != Component::CurDir);
    for part in folder
        .components()
        .filter(|part| *part != Component::CurDir)
    {
        if path.next() != Some(part) {
            return None;
        }
    }
    joined(path)
}

/// The name of a path that is one from an include folder.
fn virtual_name(path: &Path) -> Option<String> {
    joined(path.components().filter(|part| *part != Component::CurDir))
}

/// Imports have `/` on every system.
fn joined<'a>(parts: impl Iterator<Item = Component<'a>>) -> Option<String> {
    let mut name = String::new();
    for part in parts {
        let Component::Normal(part) = part else {
            return None;
        };
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(part.to_str()?);
    }
    (!name.is_empty()).then_some(name)
}

/// The empty path is the current folder, to open it and to show it.
fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// Whether two paths are one file, by whatever links.
fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
