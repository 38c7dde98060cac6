//! The committed output compiles, without warnings, and is what the generator writes.
#![deny(warnings)]
#![allow(clippy::unwrap_used, missing_debug_implementations, unreachable_pub)] // the mock

use std::{fs, path::Path};

use ziggurat_build::{Builder, configure};

#[allow(missing_docs)]
mod mock;

/// The generated code.
pub mod cafe {
    include!("golden/cafe.v1.rs");
}

/// The same with stubs in a module of their own.
pub mod nested {
    include!("golden/stubs/cafe.v1.rs");
}

use cafe::CoffeeMachineMethods as Methods;

fn check(golden: &str, build: impl Fn() -> Builder) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let out = tempfile::tempdir().unwrap();
    let generate = || {
        build()
            .crate_path("crate::mock")
            .out_dir(out.path())
            .compile(&[root.join("cafe.proto")], &[&root])
            .unwrap();
        fs::read_to_string(out.path().join("cafe.v1.rs")).unwrap()
    };
    let first = generate();
    assert_eq!(first, generate(), "the same on every run");
    let golden = root.join(golden);
    // `ZIGGURAT_BLESS=1 cargo test -p ziggurat-build` accepts a changed output.
    if std::env::var_os("ZIGGURAT_BLESS").is_some() {
        fs::write(&golden, &first).unwrap();
    }
    assert_eq!(fs::read_to_string(golden).unwrap(), first);
}

#[test]
fn output_is_the_golden_file() {
    check("golden/cafe.v1.rs", configure);
    check("golden/stubs/cafe.v1.rs", || {
        configure().stub_module("stubs")
    });
}

#[test]
fn paths_keep_the_names_of_the_file() {
    assert_eq!(Methods::MAKE_LATTE.path, "/cafe.v1.CoffeeMachine/MakeLatte");
    assert_eq!(Methods::WITH_CODEC.path, "/cafe.v1.CoffeeMachine/WithCodec");
    assert_eq!(Methods::SELF.path, "/cafe.v1.CoffeeMachine/Self");
}

#[test]
fn every_shape_can_be_called() {
    let stub = cafe::CoffeeMachineStub::new(mock::Channel).with(mock::CallOptions);
    let _ = stub.watch(());
    let _ = stub.upload([cafe::latte_order::Size::default()]);
    let _ = stub.chat([cafe::Coffee::default()]);
    let _ = stub.with_codec_(cafe::Coffee::default());
    let _ = stub.open().chat();
    let _ = stub.open().crate_();
    let _ = nested::stubs::CoffeeMachineStub::new(mock::Channel).watch(());
    let _ = stub.service(&Methods::MAKE_LATTE);
}
