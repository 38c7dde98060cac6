//! The coffee machine that the examples and the end-to-end tests talk to.
//!
//! [`cafe`] is what `ziggurat-build` makes of `proto/cafe.proto`; [`server`] is a real gRPC server, tonic's; [`json`]
//! speaks JSON; [`secure`] puts it behind TLS.

/// Messages and stub of `cafe.v1`.
pub mod cafe {
    #![allow(missing_docs)]
    include!(concat!(env!("OUT_DIR"), "/cafe.v1.rs"));
}

/// tonic's client and server of the same service.
#[allow(missing_docs, clippy::pedantic, unreachable_pub)]
pub mod tonic_cafe {
    include!(concat!(env!("OUT_DIR"), "/tonic/cafe.v1.rs"));
}

pub mod json;
pub mod secure;
pub mod server;

// The example of the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

// So is each snippet of these pages, and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/secure-channels.md")]
struct SecureChannels;

#[cfg(doctest)]
#[doc = include_str!("../../docs/reaching-a-server.md")]
struct ReachingAServer;

#[cfg(doctest)]
#[doc = include_str!("../../docs/composing.md")]
struct Composing;

#[cfg(doctest)]
#[doc = include_str!("../../docs/retrying.md")]
struct Retrying;

#[cfg(doctest)]
#[doc = include_str!("../../docs/balancing.md")]
struct Balancing;

#[cfg(doctest)]
#[doc = include_str!("../../docs/testing.md")]
struct Testing;

#[cfg(doctest)]
#[doc = include_str!("../../docs/from-tonic.md")]
struct FromTonic;

#[cfg(doctest)]
#[doc = include_str!("../../docs/from-grpclib.md")]
struct FromGrpclib;
