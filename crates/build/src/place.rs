//! Says where something stands, for errors: file, line and column.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let proto = dir.path().join("a.proto");
//! # std::fs::write(&proto, "syntax = 'proto3';\nmessage foo_bar {}\nmessage FooBar {}")?;
//! let build = ziggurat_build::configure().out_dir(dir.path());
//! let error = build.compile(&[&proto], &[dir.path()]).unwrap_err().to_string();
//! assert!(error.starts_with(&format!("{}:3:9: ", proto.display())), "{error}");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::{
    collections::HashMap,
    error, fmt,
    path::{Path, PathBuf},
};

use prost_types::FileDescriptorProto;

/// The paths of files by the names that they are imported by.
#[derive(Debug, Default)]
pub(crate) struct Places {
    paths: HashMap<String, PathBuf>,
}

impl Places {
    /// Remembers what a file is on disk.
    pub(crate) fn insert(&mut self, name: &str, path: PathBuf) {
        self.paths.insert(name.to_owned(), path);
    }

    /// All files that were read from disk.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.values().map(PathBuf::as_path)
    }

    /// The file as it is on disk, or as it is imported where it is built in or not here.
    pub(crate) fn file(&self, name: &str) -> String {
        match self.paths.get(name) {
            Some(path) => path.display().to_string(),
            None => name.to_owned(),
        }
    }

    /// Where an element of a file stands: its name if it has one.
    ///
    /// The path is that of `google.protobuf.SourceCodeInfo.Location`.
    pub(crate) fn of(&self, file: &FileDescriptorProto, path: &[i32]) -> String {
        const NAME: i32 = 1;
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let mut element = None;
        for location in locations {
            if location.path == [path, &[NAME]].concat() {
                element = Some(location);
                break;
            }
            if location.path == path {
                element.get_or_insert(location);
            }
        }
        let name = self.file(file.name());
        match element.map(|location| &location.span[..]) {
            Some([line, column, ..]) => format!("{name}:{}:{}", line + 1, column + 1),
            _ => name,
        }
    }
}

/// What is wrong with an input, where, and what to do about it.
#[derive(Debug)]
pub(crate) struct Fault {
    text: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Fault {
    /// Something at a place.
    pub(crate) fn at(place: &str, what: impl fmt::Display) -> Self {
        Self {
            text: format!("{place}: {what}"),
            source: None,
        }
    }

    /// Something at a place whose line and column begin the text, if they are known.
    pub(crate) fn joined(file: &str, text: &str) -> Self {
        let gap = if text.starts_with(|c: char| c.is_ascii_digit()) {
            ""
        } else {
            " "
        };
        Self {
            text: format!("{file}:{gap}{}", text.trim_start()),
            source: None,
        }
    }

    /// Keeps the cause.
    pub(crate) fn caused_by(
        mut self,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl error::Error for Fault {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
