//! What h2 is given of the frames that a server sends: the same, but for how DATA without padding is cut.
#![no_main]

use connection::io::check::{Input, check};
use libfuzzer_sys::fuzz_target;

/// The walker is private to the transport: its files are compiled here once more, where they find each other.
#[expect(dead_code, reason = "the transport uses more of it")]
#[path = "../../crates/transport/src/connection"]
mod connection {
    pub(crate) mod io {
        mod backlog;
        mod head;
        mod ids;
        mod spill;
        mod walker;
        mod watch;

        #[path = "../../../../../fuzz/targets/frames/check.rs"]
        pub(crate) mod check;
    }
}

fuzz_target!(|input: Input<'_>| check(input));
