//! The committed output is what the generator writes, and the same on every run.
#![allow(clippy::unwrap_used)] // what the tests share

use std::{fs, path::Path};

use ziggurat_build::{Builder, configure};

/// Generates twice and compares with the committed files.
///
/// `ZIGGURAT_BLESS=1 cargo test -p ziggurat-build` accepts a changed output.
fn check(golden: &str, files: &[&str], protos: &[&str], build: impl Fn() -> Builder) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let golden = root.join("golden").join(golden);
    let protos: Vec<_> = protos
        .iter()
        .map(|name| root.join("proto").join(name))
        .collect();
    let generate = || {
        let out = tempfile::tempdir().unwrap();
        build()
            .crate_path("crate::mock")
            .out_dir(out.path())
            .compile(&protos, &[root.join("proto")])
            .unwrap();
        files
            .iter()
            .map(|name| fs::read_to_string(out.path().join(name)).unwrap())
            .collect::<Vec<_>>()
    };
    let first = generate();
    assert_eq!(first, generate(), "the same on every run");
    for (name, text) in files.iter().zip(&first) {
        if std::env::var_os("ZIGGURAT_BLESS").is_some() {
            fs::write(golden.join(name), text).unwrap();
        }
        assert_eq!(&fs::read_to_string(golden.join(name)).unwrap(), text);
    }
}

#[test]
fn output_is_the_golden_file() {
    let (files, protos) = (["cafe.v1.rs"], ["cafe.proto"]);
    check("", &files, &protos, configure);
    check("stubs", &files, &protos, || {
        configure().stub_module("stubs")
    });
}

#[test]
fn output_is_the_golden_tree() {
    let files = ["mod.rs", "kitchen.v1.rs", "kitchen.v1.parts.rs", "shop.rs"];
    let protos = ["kitchen/v1/oven.proto", "kitchen/v1/menu.proto"];
    check("tree", &files, &protos, || {
        configure().include_file("mod.rs")
    });
}
