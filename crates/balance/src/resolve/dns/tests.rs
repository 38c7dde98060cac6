//! Against a DNS server of the test's own, over UDP on the loopback. No clock: what is waited for comes.
#![cfg(target_os = "linux")]

mod ask;
mod order;
mod server;

use std::{fs, path::PathBuf};

use super::conf::Conf;

/// A `resolv.conf` of this text, in a directory that is the test's alone.
fn resolv_conf(test: &str, content: &str) -> Conf {
    let directory = std::env::temp_dir().join(format!("ziggurat-{test}-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("resolv.conf");
    fs::write(&file, content).unwrap();
    Conf(file)
}

/// One that is not there.
fn missing() -> Conf {
    Conf(PathBuf::from("/nowhere/resolv.conf"))
}
