//! Calls each method of the service once; the build script writes stub and calls.

mod bench {
    include!(concat!(env!("OUT_DIR"), "/bench.rs"));
}

include!(concat!(env!("OUT_DIR"), "/program.rs"));
