//! Files as people have them: each was refused, or made code that does not compile.
#![allow(clippy::unwrap_used)] // what the tests share

use std::{fs, path::Path};

use ziggurat_build::{Builder, Error, configure};

/// Generates from files below `tests/proto`.
fn run(protos: &[&str], includes: &[&str], build: Builder) -> Result<String, Error> {
    let out = tempfile::tempdir().unwrap();
    build.out_dir(out.path()).compile(protos, includes)?;
    let mut names: Vec<_> = fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let texts = names.iter().map(|name| fs::read_to_string(name).unwrap());
    Ok(texts.collect())
}

fn odd(name: &str) -> Result<String, Error> {
    let path = format!("tests/proto/odd/{name}");
    run(&[&path], &["tests/proto"], configure())
}

#[test]
fn an_include_folder_named_like_a_folder_in_it() {
    let root = "tests/proto/odd/relative";
    let includes = [format!("{root}/cafe")];
    // As protoc: what is not on disk is named from an include folder.
    let text = run(&["cafe/a.proto"], &[&includes[0]], configure()).unwrap();
    assert!(text.contains("pub struct SStub"));
    let path = format!("{root}/./cafe/cafe/a.proto");
    let text = run(&[&path], &[&includes[0]], configure()).unwrap();
    assert!(text.contains("pub struct SStub"));
}

#[test]
fn what_nobody_imports_shadows_nothing() {
    let scope = "tests/proto/odd/scope";
    for protos in [
        ["1_other.proto", "3_user.proto"],
        ["3_user.proto", "1_other.proto"],
    ] {
        let text = run(&protos, &[scope], configure()).unwrap();
        assert!(text.contains("super::super::common::v1::D"));
    }
}

#[test]
fn two_messages_of_one_rust_name() {
    let error = odd("two_messages.proto").unwrap_err().to_string();
    for part in [
        "two_messages.proto:5:9",
        "odd.two_messages.foo_bar",
        "odd.two_messages.FooBar",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_message_and_a_package_of_one_module() {
    let (out, protos) = (tempfile::tempdir().unwrap(), ["odd/modules/message.proto"]);
    let build = configure().out_dir(out.path()).include_file("mod.rs");
    build.compile(&protos, &["tests/proto"]).unwrap();
    let read = |name| fs::read_to_string(out.path().join(name)).unwrap();
    assert!(read("odd.modules.rs").contains("include!(\"odd.modules.b.rs\");"));
    assert!(!read("mod.rs").contains("pub mod b"));
}

#[test]
fn enum_values_that_overlap_without_their_prefix() {
    let text = odd("enum_overlap.proto").unwrap();
    for part in [
        "EA = 0",
        "A = 1",
        "EB = 2",
        "Self::EA => \"E_A\"",
        "\"E_B\" => Some(Self::EB)",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_module_inside_one_of_its_name() {
    let text = odd("module_inception.proto").unwrap();
    assert!(text.contains("#[allow(clippy::module_inception)]\npub mod book {"));
}

#[test]
fn a_byte_order_mark() {
    assert!(odd("bom.proto").unwrap().contains("pub struct M"));
}

#[test]
fn latin_1() {
    let text = odd("latin1.proto").unwrap();
    // What a comment says is kept; what a string holds are the same bytes.
    for part in ["/// A café.", "über", "caf\\\\xe9"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn editions_name_the_way_round() {
    let error = odd("editions.proto").unwrap_err().to_string();
    for part in [
        "editions.proto:2:1",
        "-I tests/proto -o set.bin odd/editions.proto",
        "edition",
        "protoc",
        "compile_descriptors",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_list_of_messages_in_an_option() {
    assert!(odd("option_list.proto").unwrap().contains("pub struct H"));
}

#[test]
fn a_package_below_google_protobuf() {
    let text = odd("under/google_protobuf.proto").unwrap();
    for part in ["pub struct M", "request: M", "::prost_types::Timestamp"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("::prost_types::foo") && Path::new("tests/proto").exists());
}
