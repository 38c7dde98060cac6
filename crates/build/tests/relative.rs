//! An include folder that is named like a folder in it, from the folder that it is in.
#![allow(clippy::unwrap_used)] // what the tests share

use std::{env, fs};

use ziggurat_build::configure;

/// The only test here, because the current folder is the whole program's.
#[test]
fn paths_from_the_current_folder() {
    env::set_current_dir("tests/proto/odd/relative").unwrap();
    for path in ["cafe/a.proto", "./cafe/cafe/a.proto"] {
        let out = tempfile::tempdir().unwrap();
        let build = configure().out_dir(out.path());
        build.compile(&[path], &["cafe"]).unwrap();
        let text = fs::read_to_string(out.path().join("cafe.rs")).unwrap();
        assert!(text.contains("pub struct SStub"), "{path}");
    }
}
