//! What each error says, word for word: where it is, what is wrong, what to do.
#![allow(clippy::unwrap_used)] // what the tests share

use std::{fs, path::Path};

use prost::Message;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use ziggurat_build::{Builder, configure};

const SERVICE: &str =
    "syntax = 'proto3';\npackage p;\nmessage M {}\nservice S { rpc Get(M) returns (M); }";

/// What is said when one of these files is compiled; `.` is the folder that all lie in, `one` and `two` are included.
fn said_of(files: &[(&str, &[u8])], compiled: &str, build: Builder) -> String {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let includes = ["one", "two"].map(|name| dir.path().join(name));
    let build = build.out_dir(out.path());
    let error = build.compile(&[dir.path().join(compiled)], &includes);
    let text = error.unwrap_err().to_string();
    text.replace(dir.path().to_str().unwrap(), ".")
}

fn said(text: &[u8], build: Builder) -> String {
    said_of(&[("one/a.proto", text)], "one/a.proto", build)
}

/// What is said of a file, behind its name.
#[track_caller]
fn assert_said(text: impl AsRef<[u8]>, expected: &str) {
    let said = said(text.as_ref(), configure());
    assert_eq!(
        said.strip_prefix("./one/a.proto:"),
        Some(expected),
        "{said}"
    );
}

#[track_caller]
fn assert_setting(build: Builder, expected: &str) {
    let said = said(SERVICE.as_bytes(), build);
    assert_eq!(said.strip_prefix("the setting "), Some(expected), "{said}");
}

fn said_of_set(set: &[u8]) -> String {
    let out = tempfile::tempdir().unwrap();
    let build = configure().out_dir(out.path());
    build.compile_descriptors(set).unwrap_err().to_string()
}

/// A set of this file.
fn set(file: FileDescriptorProto) -> Vec<u8> {
    let name = Some("a.proto".to_owned());
    let file = vec![FileDescriptorProto { name, ..file }];
    FileDescriptorSet { file }.encode_to_vec()
}

#[test]
fn names_that_rust_cannot_tell_apart() {
    assert_said(
        "syntax = 'proto3';\nmessage foo_bar {}\nmessage FooBar {}",
        "3:9: message `FooBar` and message `foo_bar` (./one/a.proto:2:9) are both named `FooBar` in Rust; rename one",
    );
    assert_said(
        "syntax = 'proto3';\nmessage SStub {}\nservice S { rpc Get(SStub) returns (SStub); }",
        "3:9: service `S` and message `SStub` (./one/a.proto:2:9) are both named `SStub` in Rust; rename one, \
         or put stubs into a module of their own with `stub_module`",
    );
    let module = b"syntax = 'proto3';\nmessage M { message N {} }\nservice S {}";
    assert_eq!(
        said(module, configure().stub_module("m")),
        "./one/a.proto:3:9: the module of stubs `m` and the module of message `M` (./one/a.proto:2:9) \
         are both named `m` in Rust; give `stub_module` another name"
    );
    assert_said(
        "syntax = 'proto3';\nmessage _ {}",
        "2:9: message `_` has neither a letter nor a digit, and so no name in Rust; rename it",
    );
}

#[test]
fn imports_that_lead_nowhere() {
    assert_said(
        "import 'b.proto';",
        "1:1: \"b.proto\" is in none of the include folders (./one, ./two); add the folder that its name begins in",
    );
    assert_said(
        "import '../b.proto';",
        "1:8: invalid import; imports may not contain backslashes, repeated forward slashes, '.' or '..' components",
    );
    let twice: [(_, &[u8]); 2] = [
        ("one/a.proto", b"import 'b.proto';\nimport 'b.proto';"),
        ("one/b.proto", b""),
    ];
    assert_eq!(
        said_of(&twice, "one/a.proto", configure()),
        "./one/a.proto:2:1: \"b.proto\" is imported twice; remove one"
    );
    let circle: [(_, &[u8]); 2] = [
        ("one/a.proto", b"import 'b.proto';"),
        ("one/b.proto", b"import 'a.proto';"),
    ];
    assert_eq!(
        said_of(&circle, "one/a.proto", configure()),
        "./one/b.proto:1:1: files import each other: a.proto → b.proto → a.proto; break the circle"
    );
}

#[test]
fn files_that_are_not_found() {
    let a: [(_, &[u8]); 2] = [("one/a.proto", b""), ("two/a.proto", b"")];
    assert_eq!(
        said_of(&a, "two/a.proto", configure()),
        "./two/a.proto: is hidden by ./one/a.proto, which has the same name in an include folder before; \
         compile that one, or change the order of the include folders"
    );
    assert_eq!(
        said_of(&[], "b.proto", configure()),
        "./b.proto: is not there, neither as a path nor in the include folders (./one, ./two); add its folder to them"
    );
    assert_eq!(
        said_of(&[("b.proto", b"")], "b.proto", configure()),
        "./b.proto: lies in none of the include folders (./one, ./two); add its folder to them"
    );
}

#[test]
fn files_that_cannot_be_read_or_written() {
    // Longer than any file system allows.
    let name = format!("{}.proto", "x".repeat(300));
    let error = fs::read(Path::new(&name)).unwrap_err();
    assert_eq!(
        said(format!("import '{name}';").as_bytes(), configure()),
        format!("./one/{name}: cannot be read: {error}")
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    let build = configure().out_dir(file.path());
    let error = build.compile(&["tests/proto/cafe.proto"], &["tests/proto"]);
    let (said, path) = (error.unwrap_err().to_string(), file.path().display());
    let start = format!("cannot write the generated code: {path}");
    assert!(said.starts_with(&start), "{said}");
}

#[test]
fn texts_that_cannot_be_read() {
    assert_said(
        "edition = '2023';",
        "1:1: editions are read from descriptors only; let protoc or buf read the file, \
         `protoc --include_imports --include_source_info -I ./one -o set.bin a.proto`, \
         and give the bytes of set.bin to `compile_descriptors`",
    );
    assert_said(
        "message M {".repeat(99),
        "1:342: reached maximum recursion limit for nested messages; messages and groups may be nested at most \
         31 levels deep; if protoc takes the file, give `compile_descriptors` the descriptor set that protoc makes of it",
    );
    assert_said(
        b"message \xff {}",
        "1:9: the byte 0xFF is not UTF-8, and stands neither in a comment nor in a string; save the file as UTF-8",
    );
    assert_said(b"\xff\xfem\0", " the text is UTF-16; save it as UTF-8");
}

#[test]
fn descriptors_that_cannot_be_used() {
    let said = said_of_set(b"\xff");
    let start = "the descriptor set: it is no google.protobuf.FileDescriptorSet: ";
    let end = "; make it with `protoc -o` or `buf build -o`";
    assert!(said.starts_with(start) && said.ends_with(end), "{said}");
    assert_eq!(
        said_of_set(b""),
        "the descriptor set: it holds no file; name the files when it is made"
    );
    let dependency = vec!["b.proto".to_owned()];
    let importing = FileDescriptorProto {
        dependency,
        ..Default::default()
    };
    assert_eq!(
        said_of_set(&set(importing)),
        "a.proto: it imports \"b.proto\", which the descriptor set lacks; make it with `--include_imports`"
    );
    let field = FieldDescriptorProto {
        type_name: Some(".N".to_owned()),
        ..Default::default()
    };
    let message = DescriptorProto {
        field: vec![field],
        ..Default::default()
    };
    let naming = FileDescriptorProto {
        message_type: vec![message],
        ..Default::default()
    };
    assert_eq!(
        said_of_set(&set(naming)),
        "a.proto: the type \".N\" is not in the descriptor set; make it with protoc or buf"
    );
    // A number as its features.
    let said = said_of_set(b"\x0a\x0e\x0a\x07a.proto\x42\x03\x90\x03\x01");
    let start = "the descriptor set: its features cannot be read: ";
    assert!(said.starts_with(start), "{said}");
    assert_eq!(
        said_of_set(b"\x0a\x16\x0a\x07a.proto\x62\x08editions\x70\xd2\x09"),
        "a.proto: its syntax is \"editions\" of edition 1234; \"proto2\", \"proto3\" \
         and the editions 2023 and 2024 are known"
    );
}

/// Writes what is no Rust behind each stub.
struct Odd;

impl prost_build::ServiceGenerator for Odd {
    fn generate(&mut self, _: prost_build::Service, text: &mut String) {
        text.push_str("pub 1");
    }
}

#[test]
fn settings_that_are_no_rust() {
    assert_setting(
        configure().type_attribute(".", "#[oops"),
        "`type_attribute`: \"#[oops\" is no attribute; write one such as \"#[derive(Hash)]\"",
    );
    assert_setting(
        configure().crate_path("a b"),
        "`crate_path`: \"a b\" is no path of a Rust crate; write one such as \"::my_rpc\"",
    );
    assert_setting(
        configure().stub_module("a-b"),
        "`stub_module`: \"a-b\" is no name of a Rust module; write one such as \"stubs\"",
    );
    let build = configure().prost(|config| _ = config.service_generator(Box::new(Odd)));
    let said = said(SERVICE.as_bytes(), build);
    let start = "the setting `prost`: with these settings the code of `p` is no Rust: ";
    let end = "; look at the paths and names in them";
    assert!(said.starts_with(start) && said.ends_with(end), "{said}");
}

#[test]
fn settings_that_cannot_be() {
    let prost = |change: fn(&mut ziggurat_build::ProstConfig)| configure().prost(change);
    assert_setting(
        prost(|config| _ = config.format(false)),
        "`format`: the code is always laid out; leave it away",
    );
    assert_setting(
        prost(|config| _ = config.protoc_arg("--x")),
        "`protoc_arg`: no protoc runs, and optional fields of proto3 need no argument; leave it away, \
         or run protoc yourself and give its descriptor set to `compile_descriptors`",
    );
    assert_setting(
        prost(|config| _ = config.protoc_executable("protoc")),
        "`protoc_executable`: no protoc runs; leave it away, or run protoc yourself and give its descriptor set \
         to `compile_descriptors`",
    );
    assert_setting(
        prost(|config| _ = config.skip_protoc_run()),
        "`skip_protoc_run`: no protoc runs; to use descriptors that are there, give them to `compile_descriptors`",
    );
    let build = configure().compile(&["tests/proto/cafe.proto"], &["tests/proto"]);
    assert_eq!(
        build.unwrap_err().to_string(),
        "the setting `out_dir`: it is not set, and outside of a build.rs there is no OUT_DIR; set it"
    );
}

#[test]
fn extern_paths_that_lead_nowhere() {
    assert_setting(
        configure().extern_path("p.N", "::n"),
        "`extern_path`: the proto path \"p.N\" does not begin with a dot; write \".p.N\"",
    );
    assert_setting(
        configure().extern_path(".p..N", "::n"),
        "`extern_path`: the proto path \".p..N\" has an empty name; name a package or a type",
    );
    assert_setting(
        configure().extern_path(".p.N", "not a path"),
        "`extern_path`: \"not a path\" is no path of a Rust type or module; write one such as \"::beans::Coffee\"",
    );
    assert_setting(
        configure()
            .extern_path(".p.N", "::n")
            .extern_path(".p.N", "::m"),
        "`extern_path`: \".p.N\" is both \"::n\" and \"::m\"; leave one away",
    );
}
