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

/// Files that were refused, or became code that does not compile.
#[allow(missing_docs, clippy::pedantic)] // as above
pub mod strange {
    include!("golden/odd/mod.rs");
}

/// The same in a program, where clippy looks at names too.
#[allow(missing_docs, clippy::pedantic, dead_code)] // as above; most of it is not used
mod private {
    include!("golden/odd/mod.rs");
}

/// From a descriptor set of protoc.
#[allow(missing_docs, clippy::pedantic)] // as above
pub mod editions {
    include!("golden/editions/odd.editions.rs");
}

/// With the types of `ziggurat-types`.
#[allow(missing_docs, clippy::pedantic)] // as above
pub mod details {
    include!("golden/details/mod.rs");
}

#[test]
fn a_message_and_a_package_share_a_module() {
    use strange::odd::modules::{B, b};
    let deep = b::c::d::Deep::default();
    let m = b::M { n: Some(b::N {}) };
    assert_eq!(
        B {
            m: Some(m),
            deep: Some(deep)
        }
        .m,
        Some(m)
    );
    let _ = b::SStub::new(mock::Channel).do_(b::N {});
}

#[test]
fn overlapping_values_keep_their_names() {
    use strange::odd::{enum_overlap::E, overlap2};
    assert_eq!((E::EA.as_str_name(), E::A.as_str_name()), ("E_A", "A"));
    assert_eq!(E::from_str_name("E_B"), Some(E::EB));
    assert_eq!(overlap2::M::default().k(), overlap2::Kind::A);
    assert_eq!(overlap2::M::default().k2(), overlap2::Kind::KindA);
}

#[test]
fn strings_and_numbers_by_default() {
    let m = strange::odd::latin1::M::default();
    assert_eq!(m.name(), b"caf\xe9");
    let m = strange::odd::proto2misc::M::default();
    assert_eq!((m.s(), m.b()), ("q\"\\\n\t\x01é ' {}", &b"\0\xff\"\\a"[..]));
    assert!(m.f2().is_infinite() && m.d().is_nan() && m.d2() > 9e307);
    assert_eq!((m.u(), m.i(), m.oct()), (u64::MAX, i64::MIN, 0o777));
}

#[test]
fn fields_of_an_edition_are_written_as_by_protoc() {
    use editions::{Kind, M, Plain, m};
    use prost::Message;
    let m = M {
        explicit: Some(String::new()),
        packed: vec![1, 2],
        expanded: vec![1, 2],
        prefixed: Some(m::Inner { value: Some(0) }),
        delimited: Some(m::Inner { value: Some(1) }),
        closed: Some(Kind::A.into()),
        choice: Some(m::Choice::Number(0)),
        ..M::default()
    };
    // `protoc --encode odd.editions.M`
    assert_eq!(
        m.encode_to_vec(),
        [
            0x0a, 0x00, 0x1a, 0x00, 0x22, 0x02, 0x01, 0x02, 0x28, 0x01, 0x28, 0x02, 0x32, 0x02,
            0x08, 0x00, 0x3b, 0x08, 0x01, 0x3c, 0x48, 0x00, 0x58, 0x01,
        ]
    );
    let inner = |explicit| Plain {
        explicit: Some(explicit),
        ..Plain::default()
    };
    let plain = Plain {
        explicit: Some(0),
        expanded: vec![1, 2],
        recursive: Some(Box::new(inner(3))),
        map: [("k".to_owned(), inner(1))].into(),
        ..Plain::default()
    };
    assert_eq!(
        plain.encode_to_vec(),
        [
            0x10, 0x00, 0x18, 0x01, 0x18, 0x02, 0x23, 0x10, 0x03, 0x24, 0x2a, 0x07, 0x0a, 0x01,
            0x6b, 0x12, 0x02, 0x10, 0x01,
        ]
    );
}
