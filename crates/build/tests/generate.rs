//! What files become, and which do not become anything.
#![allow(clippy::unwrap_used)] // what the tests share

use std::error::Error as _;

use ziggurat_build::{Error, configure};

mod run;
use run::run;

fn one(text: &str) -> Result<String, Error> {
    run(&[("a.proto", text)], configure())
}

const A: &str = "syntax='proto3'; package a.b; message M{} service S{ rpc Go(M) returns (M); }";
const C: &str = "syntax='proto3'; package a.c; import 'a.proto';
    service S{ rpc Go(a.b.M) returns (a.b.M); }";

#[test]
fn no_package() {
    let text = one("syntax='proto3'; message M{} service S{ rpc Go(M) returns (M); }").unwrap();
    assert!(text.contains("\"/S/Go\"") && text.contains("::ziggurat::Channel"));
}

#[test]
fn proto2() {
    let text = "syntax='proto2'; package p; message M{ optional int32 a = 1; } service S{ rpc Go(M) returns (M); }";
    assert!(one(text).unwrap().contains("pub struct SStub"));
}

#[test]
fn packages_import_each_other() {
    let files = [("a.proto", A), ("c.proto", C)];
    let text = run(&files, configure()).unwrap();
    assert!(text.contains("request: super::b::M"));
    let included = run(&files, configure().include_file("mod.rs")).unwrap();
    assert!(included.contains("pub mod b {"));
}

#[test]
fn stubs_in_a_module() {
    let files = [("a.proto", A), ("c.proto", C)];
    let text = run(&files, configure().stub_module("stubs")).unwrap();
    assert!(text.contains("pub mod stubs") && text.contains("request: super::M"));
    assert!(text.contains("super::super::b::M"));
}

#[test]
fn stubs_in_a_module_name_well_known_types() {
    let text = "syntax='proto3'; import 'google/protobuf/wrappers.proto'; import 'google/protobuf/empty.proto';
        service S{ rpc Go(google.protobuf.BoolValue) returns (google.protobuf.Empty); }";
    let text = run(&[("a.proto", text)], configure().stub_module("stubs")).unwrap();
    assert!(text.contains("request: bool") && text.contains("Call<(), S>"));
}

#[test]
fn messages_only() {
    let text = run(&[("a.proto", A)], configure().messages_only()).unwrap();
    assert!(text.contains("pub struct M") && !text.contains("SStub"));
}

#[test]
fn extern_path() {
    let files = [("a.proto", A), ("c.proto", C)];
    let text = run(&files, configure().extern_path(".a.b", "::other")).unwrap();
    assert!(text.contains("request: ::other::M"));
}

#[test]
fn attributes_and_settings_of_prost() {
    let text = "syntax='proto3'; message M{ map<string, bytes> f = 1; }";
    let build = configure()
        .type_attribute("M", "#[derive(Hash)]")
        .field_attribute("M.f", "#[doc = \"Here.\"]")
        .prost(|config| {
            config.btree_map(["."]);
        });
    let text = run(&[("a.proto", text)], build).unwrap();
    for part in ["#[derive(Hash)]", "Here.", "BTreeMap"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn rpcs_of_one_rust_name() {
    for (first, second) in [("GetURL", "GetUrl"), ("New", "New_")] {
        let text = format!(
            "syntax='proto3'; package p; message M{{}}
             service S{{ rpc {first}(M) returns (M); rpc {second}(M) returns (M); }}"
        );
        let error = one(&text).unwrap_err().to_string();
        for part in [
            "a.proto:2:",
            &format!("`p.S.{first}`"),
            &format!("`p.S.{second}`"),
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
}

#[test]
fn types_of_one_rust_name() {
    let message = "syntax='proto3'; package p; message FooStub{} service Foo{ rpc Go(FooStub) returns (FooStub); }";
    let service = "syntax='proto3'; package p; service Foo{} service FOO{}";
    for (text, first, second) in [
        (message, "service `p.Foo`", "message `p.FooStub`"),
        (service, "service `p.FOO`", "service `p.Foo`"),
    ] {
        let error = one(text).unwrap_err().to_string();
        assert!(error.contains(first) && error.contains(second), "{error}");
    }
    let build = configure().stub_module("stubs");
    assert!(run(&[("a.proto", message)], build).is_ok());
}

#[test]
fn errors_name_file_and_line() {
    let error = one("syntax = 'proto3';\nmessage M { what }").unwrap_err();
    assert!(error.to_string().contains("a.proto:2"), "{error}");
    assert!(error.source().is_none(), "it is told: {error}");
    assert!(matches!(error, Error::Proto(_)));
    let missing = configure().compile(&["no.proto"], &["."]).unwrap_err();
    assert!(missing.to_string().contains("no.proto"), "{missing}");
    // What cargo shows of a build script's error.
    assert_eq!(format!("{missing:?}"), missing.to_string());
}

#[test]
fn no_output_folder() {
    let build = configure().out_dir("no/such/folder");
    let error = build
        .compile(&["cafe.proto"], &["tests/proto"])
        .unwrap_err();
    assert!(error.to_string().contains("cannot write"), "{error}");
    // It leads to the I/O error, whose words are not the whole of it.
    let source = error.source().unwrap();
    assert!(source.is::<std::io::Error>() && source.to_string() != error.to_string());
    assert!(source.source().is_none());
}

#[test]
fn a_module_of_stubs_named_like_a_messages() {
    let other = "syntax='proto3'; package a.b; message Stubs{ message M{} }";
    let build = configure().stub_module("stubs");
    let error = run(&[("a.proto", A), ("o.proto", other)], build)
        .unwrap_err()
        .to_string();
    for part in ["a.proto:1:", "`a.b.Stubs`", "`stub_module`"] {
        assert!(error.contains(part), "{error}");
    }
    // A package of that name is no harm.
    let other = "syntax='proto3'; package a.b.stubs; message N{}";
    let build = configure().stub_module("stubs").include_file("mod.rs");
    let text = run(&[("a.proto", A), ("o.proto", other)], build).unwrap();
    assert_eq!(text.matches("pub mod stubs").count(), 1);
}
