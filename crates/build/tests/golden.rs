//! The committed output is what the generator writes, and the same on every run.
#![allow(clippy::unwrap_used)] // what the tests share

use std::{fs, path::Path};

use ziggurat_build::{Builder, configure};

/// Generates twice and compares with the committed files.
///
/// `ZIGGURAT_BLESS=1 cargo test -p ziggurat-build` accepts a changed output.
fn check(golden: &str, files: &[&str], protos: &[&str], build: impl Fn() -> Builder) {
    let root = Path::new("tests/proto");
    let protos: Vec<_> = protos.iter().map(|name| root.join(name)).collect();
    compare(golden, files, |out| {
        let build = build().crate_path("crate::mock").out_dir(out);
        build.compile(&protos, &[root]).unwrap();
    });
}

fn compare(golden: &str, files: &[&str], write: impl Fn(&Path)) {
    let golden = Path::new("tests/golden").join(golden);
    let generate = || {
        let out = tempfile::tempdir().unwrap();
        write(out.path());
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

/// Files that were refused, or became code that does not compile: names, comments, words, options.
#[test]
fn output_is_the_golden_odd_tree() {
    let protos = [
        "bom",
        "casing",
        "comments",
        "enum_fields",
        "enum_names",
        "enum_overlap",
        "keywords",
        "latin1",
        "maps",
        "module_inception",
        "modules/message",
        "oneofs",
        "option_list",
        "options",
        "overlaps",
        "proto2",
        "public4",
        "stubs",
        "under/google_protobuf",
        "words",
    ];
    let protos = protos.map(|name| format!("odd/{name}.proto"));
    let packages = [
        "book",
        "bom",
        "casing.foo_bar.foo_baz",
        "comments",
        "enum_overlap",
        "enumfields",
        "enumnames",
        "latin1",
        "maps",
        "modules",
        "modules.b",
        "modules.b.c.d",
        "oneofs",
        "option_list",
        "options",
        "overlap2",
        "proto2misc",
        "public1",
        "public2",
        "public3",
        "public4",
        "stubs",
        "r#type.self_.r#match.r#gen",
        "words",
    ];
    let mut files: Vec<_> = packages.map(|name| format!("odd.{name}.rs")).to_vec();
    files.extend(["google.protobuf.foo.rs".to_owned(), "mod.rs".to_owned()]);
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    check(
        "odd",
        &files,
        &protos.each_ref().map(String::as_str),
        || configure().include_file("mod.rs"),
    );
}

/// `protoc --include_imports --include_source_info` of `odd/editions.proto` and `odd/implicit.proto`.
#[test]
fn output_of_editions_is_the_golden_file() {
    let set = fs::read("tests/proto/odd/editions.bin").unwrap();
    compare("editions", &["odd.editions.rs"], |out| {
        let build = configure().crate_path("crate::mock").out_dir(out);
        build.compile_descriptors(&set).unwrap();
    });
}

#[test]
fn output_with_standard_details_is_the_golden_tree() {
    let files = ["mod.rs", "google.rpc.rs", "odd.details.rs"];
    check("details", &files, &["odd/details.proto"], || {
        configure().standard_details().include_file("mod.rs")
    });
}
