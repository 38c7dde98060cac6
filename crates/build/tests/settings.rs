//! Each setting works, or is refused by name.
#![allow(clippy::unwrap_used)] // what the tests share

use std::fs;

use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use ziggurat_build::{Builder, Error, ProstConfig, configure};

#[allow(dead_code)] // not all tests look at folders
mod run;
use run::run;

const PROTO: &str = "syntax = 'proto3'; package p; import 'google/protobuf/timestamp.proto';
    // Says something.
    message M { map<int32, bytes> map = 1; bytes blob = 2; N n = 3; oneof choice { N large = 4; } Kind kind = 5;
      google.protobuf.Timestamp at = 6; }
    // Is in it.
    message N { string s = 1; }
    enum Kind { KIND_A = 0; }
    service S { rpc Do(M) returns (N); }";

fn generated(build: Builder) -> Result<String, Error> {
    run(&[("a.proto", PROTO)], build)
}

fn prost(change: Change) -> String {
    generated(configure().prost(|config| _ = change(config))).unwrap()
}

#[test]
fn typed_setters() {
    let text = generated(configure().btree_map(".").bytes("M.blob").boxed("N.s")).unwrap();
    for part in [
        "BTreeMap<i32, ::prost::alloc::vec::Vec<u8>>",
        "blob: ::prost::bytes::Bytes",
        "Box<",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Each call adds to the others.
    let text = generated(
        configure()
            .bytes("M.blob")
            .bytes("M.map")
            .boxed(".p.M.n")
            .boxed(".p.M.choice.large"),
    )
    .unwrap();
    for part in [
        "blob: ::prost::bytes::Bytes",
        "Large(::prost::alloc::boxed::Box<",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

type Change = for<'a> fn(&'a mut ProstConfig) -> &'a mut ProstConfig;

#[test]
fn settings_of_prost_work() {
    let changes: [(&str, Change); 16] = [
        ("BTreeMap<", |c| c.btree_map(["."])),
        ("::prost::bytes::Bytes", |c| c.bytes(["."])),
        ("Box<", |c| c.boxed(".p.M.n")),
        ("/// F.", |c| {
            c.field_attribute("M.n", "/// F.").format(true)
        }),
        ("#[a]", |c| c.type_attribute("M", "#[a]")),
        ("#[b]", |c| c.message_attribute("M", "#[b]")),
        ("#[c]", |c| c.enum_attribute("Kind", "#[c]")),
        ("prost(skip_debug)", |c| c.skip_debug(["M"])),
        ("KindA = 0", |c| c.retain_enum_prefix()),
        ("::beans::N", |c| c.extern_path(".p.N", "::beans::N")),
        ("super::google::protobuf::Timestamp", |c| {
            c.compile_well_known_types()
        }),
        ("impl ::prost::Name for M", |c| c.enable_type_names()),
        ("\"d.example/p.M\"", |c| {
            c.enable_type_names().type_name_domain(["."], "d.example")
        }),
        ("::my::prost::Message", |c| c.prost_path("::my::prost")),
        ("::my::types::Timestamp", |c| {
            c.prost_types_path("::my::types")
        }),
        ("pub mod p {", |c| c.include_file("mod.rs")),
    ];
    for (part, change) in changes {
        let text = prost(change);
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn comments_can_be_left_out() {
    let text = prost(|config| config.disable_comments([".p.M"]));
    assert!(!text.contains("Says something.") && text.contains("Is in it."));
    let text = prost(|config| config.skip_source_info());
    assert!(!text.contains("Says something.") && !text.contains("Is in it."));
}

#[test]
fn places_of_the_output() {
    let (out, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let proto = dir.path().join("a.proto");
    fs::write(&proto, "message M {}").unwrap();
    let build =
        configure().prost(|config| _ = config.out_dir(out.path()).default_package_filename("none"));
    build.compile(&[&proto], &[dir.path()]).unwrap();
    assert!(out.path().join("none.rs").exists());
}

#[test]
fn a_service_generator_writes_behind_the_stubs() {
    struct Names;
    impl prost_build::ServiceGenerator for Names {
        fn generate(&mut self, service: prost_build::Service, text: &mut String) {
            text.extend(["pub const NAME: &str = \"", &service.proto_name, "\";"]);
        }
        fn finalize_package(&mut self, package: &str, text: &mut String) {
            text.extend(["pub const PACKAGE: &str = \"", package, "\";"]);
        }
    }
    for build in [
        configure(),
        configure().stub_module("stubs"),
        configure().messages_only(),
    ] {
        let text =
            generated(build.prost(|config| _ = config.service_generator(Box::new(Names)))).unwrap();
        assert!(
            text.contains("const NAME: &str = \"S\"")
                && text.contains("const PACKAGE: &str = \"p\"")
        );
    }
}

#[test]
fn settings_for_protoc_are_refused_by_name() {
    let changes: [(&str, Change); 8] = [
        ("protoc_arg", |c| c.protoc_arg("--x")),
        ("protoc_executable", |c| c.protoc_executable("protoc")),
        ("skip_protoc_run", |c| c.skip_protoc_run()),
        ("format", |c| c.format(false)),
        ("extern_path", |c| c.extern_path("p.N", "::n")),
        ("extern_path", |c| c.extern_path(".p..N", "::n")),
        ("extern_path", |c| c.extern_path(".p.N", "not a path")),
        ("extern_path", |c| {
            c.extern_path(".p.N", "::n").extern_path(".p.N", "::m")
        }),
    ];
    for (name, change) in changes {
        let error = generated(configure().prost(|config| _ = change(config))).unwrap_err();
        assert!(
            matches!(&error, Error::Setting { name: of, .. } if of == name),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .starts_with(&format!("the setting `{name}`: ")),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_rust_is_refused_by_name() {
    for (build, name, part) in [
        (
            configure().type_attribute(".", "#[oops"),
            "type_attribute",
            "#[oops",
        ),
        (
            configure().field_attribute(".", "oops"),
            "field_attribute",
            "oops",
        ),
        (configure().crate_path("a b"), "crate_path", "a b"),
        (configure().stub_module("a-b"), "stub_module", "a-b"),
        (configure().stub_module("type"), "stub_module", "type"),
        (
            configure().prost(|config| _ = config.prost_path("1")),
            "prost_path",
            "1",
        ),
    ] {
        let error = generated(build).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`{name}`")) && error.contains(part),
            "{error}"
        );
    }
}

#[test]
fn the_users_extern_paths_win() {
    let build = configure()
        .extern_path(".google.protobuf", "::wkt")
        .extern_path(".p.M", "::m::M");
    let text = generated(build).unwrap();
    assert!(!text.contains("struct M ") && text.contains("request: ::m::M"));
    let build = configure().extern_path(".google.protobuf.Timestamp", "::wkt::Timestamp");
    assert!(
        generated(build)
            .unwrap()
            .contains("Option<::wkt::Timestamp>")
    );
}

#[test]
fn a_descriptor_set_is_written() {
    let (out, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = dir.path().join("set.bin");
    let build = || {
        configure()
            .out_dir(out.path())
            .file_descriptor_set_path(&path)
    };
    build()
        .compile(&["tests/proto/odd/option_list.proto"], &["tests/proto"])
        .unwrap();
    let written = fs::read(&path).unwrap();
    let set = FileDescriptorSet::decode(&written[..]).unwrap();
    let names: Vec<_> = set.file.iter().map(FileDescriptorProto::name).collect();
    assert_eq!(
        names,
        ["google/protobuf/descriptor.proto", "odd/option_list.proto"]
    );
    assert!(set.file[1].source_code_info.is_some());
    // Options that no type here knows are in it: `(h).more[1].get = "z"`.
    let encoded = b"\x12\x03\x0a\x01y\x12\x03\x0a\x01z";
    assert!(
        written
            .windows(encoded.len())
            .any(|window| window == encoded)
    );
    // What is written can be read again, and is the same.
    build().compile_descriptors(&written).unwrap();
    assert_eq!(fs::read(&path).unwrap(), written);
}

#[test]
fn standard_details_are_those_of_ziggurat_types() {
    let files = [(
        "a.proto",
        "syntax = 'proto3'; package google.rpc; message RetryInfo {} enum Code { OK = 0; } message M { RetryInfo r = 1; }",
    )];
    let text = run(&files, configure().standard_details()).unwrap();
    assert!(text.contains("Option<::ziggurat_types::RetryInfo>"));
    assert!(text.contains("pub enum Code") && !text.contains("struct RetryInfo"));
}
