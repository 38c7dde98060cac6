//! The committed output compiles without a warning and gives what the `.proto` files promise.
#![deny(warnings, clippy::pedantic)]
#![allow(missing_debug_implementations, unreachable_pub)] // the mock

#[allow(missing_docs)]
mod mock;

/// Stubs beside the messages.
pub mod cafe {
    include!("golden/cafe.v1.rs");
}

/// Stubs in a module of their own.
pub mod nested {
    include!("golden/stubs/cafe.v1.rs");
}

/// Three packages that import each other, through the include file.
#[allow(missing_docs, clippy::pedantic)] // prost's enums; files without comments
pub mod tree {
    include!("golden/tree/mod.rs");
}

/// What a program has that calls none of it.
mod unused {
    include!("golden/cafe.v1.rs");
}

use cafe::CoffeeMachineMethods as Methods;

#[test]
fn paths_keep_the_names_of_the_file() {
    assert_eq!(Methods::MAKE_LATTE.path, "/cafe.v1.CoffeeMachine/MakeLatte");
    assert_eq!(Methods::WITH_CODEC.path, "/cafe.v1.CoffeeMachine/WithCodec");
    assert_eq!(Methods::SELF.path, "/cafe.v1.CoffeeMachine/Self");
}

#[test]
fn every_shape_can_be_called() {
    let stub = cafe::CoffeeMachineStub::new(mock::Channel).with(mock::CallOptions);
    let _ = stub.make_latte(cafe::LatteOrder::default());
    let _ = stub.watch(());
    let _ = stub.upload([cafe::latte_order::Size::default()]);
    let _ = stub.chat([cafe::Coffee::default()]);
    let _ = stub.open().chat();
    let _ = nested::stubs::CoffeeMachineStub::new(mock::Channel).watch(());
    let _ = stub.service(&Methods::MAKE_LATTE);
}

#[test]
fn taken_names_have_an_underscore() {
    let stub = cafe::CoffeeMachineStub::new(mock::Channel).clone();
    let coffee = cafe::Coffee::default;
    let _ = (stub.new_(coffee()), stub.with_(coffee()));
    let _ = (stub.with_codec_(coffee()), stub.open_(coffee()));
    let _ = (stub.service_(coffee()), stub.clone_(coffee()));
    let _ = (stub.self_(coffee()), stub.crate_(coffee()));
    // Among the opened calls only the keywords are taken.
    let _ = (stub.open().new(), stub.open().clone(), stub.open().self_());
}

#[test]
fn rpcs_may_have_the_names_of_trait_methods() {
    let stub = tree::shop::ShopStub::new(mock::Channel);
    let copy = stub.clone();
    assert_eq!(format!("{copy:?}"), "ShopStub { .. }");
    let _ = (stub.into_(tree::shop::S {}), stub.open().into());
    let _ = (stub.fmt([tree::shop::K {}]), stub.open().fmt());
    let _ = stub.to_owned(tree::shop::Clone {});
    let _ = stub.next(tree::shop::Self_ {});
    drop(stub);
}

#[test]
fn well_known_types_are_rust_types() {
    let oven = tree::kitchen::v1::OvenStub::new(mock::Channel);
    let _ = oven.heat(180);
    let _ = oven.say("done".to_owned());
    let _ = oven.light(true);
    let _ = oven.replace(tree::kitchen::v1::parts::Part::default());
}
