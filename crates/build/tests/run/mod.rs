//! Generates from texts, for tests that look at what came of it.

use std::{fs, path::Path};

use ziggurat_build::{Builder, Error};

/// Generates from files in a folder of their own and gives all output as one text that is good Rust.
pub(crate) fn run(files: &[(&str, &str)], build: Builder) -> Result<String, Error> {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let protos: Vec<_> = files.iter().map(|(name, _)| name).collect();
    build.out_dir(out.path()).compile(&protos, &[dir.path()])?;
    Ok(output(out.path()))
}

/// The files of a folder as one text, in the order of their names.
pub(crate) fn output(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .inspect(|text| drop(syn::parse_file(text).unwrap()))
        .collect()
}
