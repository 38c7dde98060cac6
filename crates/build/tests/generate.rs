//! What files become, and which do not become anything.
#![allow(clippy::unwrap_used)] // the helper of the tests stands outside of them

use std::fs;

use ziggurat_build::{Builder, Error, configure};

fn run(files: &[(&str, &str)], build: Builder) -> Result<String, Error> {
    let dir = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let protos: Vec<_> = files
        .iter()
        .map(|(name, _)| dir.path().join(name))
        .collect();
    build.out_dir(out.path()).compile(&protos, &[dir.path()])?;
    let mut paths: Vec<_> = fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let texts: Vec<_> = paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for text in &texts {
        syn::parse_file(text).unwrap();
    }
    Ok(texts.concat())
}

fn one(text: &str) -> Result<String, Error> {
    run(&[("a.proto", text)], configure())
}

#[test]
fn no_package() {
    let text = one("syntax='proto3'; message M{} service S{ rpc Go(M) returns (M); }").unwrap();
    assert!(text.contains("\"/S/Go\"") && text.contains("::ziggurat::Channel"));
}

#[test]
fn nested_packages_import_each_other() {
    let a = "syntax='proto3'; package a.b; message M{} service S{ rpc Go(M) returns (M); }";
    let c = "syntax='proto3'; package a.c; import 'a.proto'; service S{ rpc Go(a.b.M) returns (a.b.M); }";
    let files = [("a.proto", a), ("c.proto", c)];
    let text = run(&files, configure()).unwrap();
    assert!(text.contains("request: super::b::M"));
    let nested = run(&files, configure().stub_module("stubs")).unwrap();
    assert!(nested.contains("pub mod stubs") && nested.contains("super::super::b::M"));
    let external = run(&files, configure().extern_path(".a.b", "::other")).unwrap();
    assert!(external.contains("request: ::other::M"));
    let bare = run(&files, configure().build_services(false)).unwrap();
    assert!(!bare.contains("SStub"));
}

#[test]
fn rpcs_with_names_clippy_knows() {
    let text = "syntax='proto3'; message M{} service S{ rpc IntoM(M) returns (M); }";
    assert!(
        one(text)
            .unwrap()
            .contains("#[allow(clippy::wrong_self_convention")
    );
}

#[test]
fn proto2() {
    one("syntax='proto2'; package p; message M{ optional int32 a = 1; } service S{ rpc Go(M) returns (M); }").unwrap();
}

#[test]
fn rpcs_of_one_rust_name() {
    for (first, second) in [("GetURL", "GetUrl"), ("New", "New_")] {
        let text = format!(
            "syntax='proto3'; package p; message M{{}} service S{{ rpc {first}(M) returns (M); rpc {second}(M) returns (M); }}"
        );
        let error = one(&text).unwrap_err().to_string();
        for part in ["p.S", &format!("`{first}`"), &format!("`{second}`")] {
            assert!(error.contains(part), "{error}");
        }
    }
}

#[test]
fn types_of_one_rust_name() {
    let text = "syntax='proto3'; package p; message FooStub{} service Foo{ rpc Go(FooStub) returns (FooStub); }";
    let error = one(text).unwrap_err().to_string();
    assert!(
        error.contains("p.Foo:") && error.contains("message p.FooStub"),
        "{error}"
    );
    run(&[("a.proto", text)], configure().stub_module("stubs")).unwrap();
}

#[test]
fn errors_name_file_and_line() {
    let error = one("syntax = 'proto3';\nmessage M { what }").unwrap_err();
    assert!(error.to_string().contains("a.proto:2"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    let missing = configure().compile(&["no.proto"], &["."]).unwrap_err();
    assert!(missing.to_string().contains("no.proto"), "{missing}");
}
