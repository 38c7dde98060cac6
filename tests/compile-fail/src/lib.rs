//! The coffee machine's stub and messages, for the programs in `bin`.

include!(concat!(env!("OUT_DIR"), "/cafe.v1.rs"));
