//! Certificate files: read whole, bounded in length, and known again by a keyed hash of what was in them.
//!
//! The hash is keyed at random, so that it tells nothing of a private key to who sees it.

use std::{
    fs::File,
    hash::{BuildHasher, RandomState},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// No certificate file is longer than this, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The files of a configuration, read one after the other.
pub(super) struct Files(Vec<(PathBuf, io::Result<Vec<u8>>)>);

/// Tells whether files have changed, without keeping what is in them.
#[derive(Debug, PartialEq)]
pub(super) struct Marks(Vec<Mark>);

/// What is remembered of a file.
#[derive(Debug, PartialEq)]
enum Mark {
    /// The keyed hash of what was in it.
    Contents(u64),
    /// It could not be read, for this reason; the same reason again is no change.
    Unreadable(io::ErrorKind),
}

impl Files {
    /// Reads them. It blocks.
    pub(super) fn read(paths: Vec<PathBuf>) -> Self {
        let read = |path: PathBuf| {
            let contents = read(&path);
            (path, contents)
        };
        Self(paths.into_iter().map(read).collect())
    }

    /// What was read of a file.
    pub(super) fn contents(&self, path: &Path) -> io::Result<&[u8]> {
        let (_, contents) = self
            .0
            .iter()
            .find(|(read, _)| read == path)
            .expect("all files of the options are read");
        contents.as_deref().map_err(again)
    }

    /// Marks that are equal as long as all files are: compare only those that were made with the same keys.
    pub(super) fn marks(&self, keys: &RandomState) -> Marks {
        let mark = |(_, contents): &(PathBuf, io::Result<Vec<u8>>)| match contents {
            Ok(contents) => Mark::Contents(keys.hash_one(contents)),
            Err(error) => Mark::Unreadable(error.kind()),
        };
        Marks(self.0.iter().map(mark).collect())
    }
}

/// Reads a file whole, up to the limit; a longer one is an error, whatever it says its length is.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    let count = File::open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut contents)?;
    if count as u64 > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is longer than 16 MiB",
        ));
    }
    Ok(contents)
}

/// The same error once more, as `io::Error` cannot be cloned: by its number if it is the system's, else by its text.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
