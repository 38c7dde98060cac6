//! Stubs and messages by Ziggurat; the server by tonic, over the same messages.

use std::{env, error::Error, fs, path::PathBuf};

const PROTO: &str = "proto/cafe.proto";

fn main() -> Result<(), Box<dyn Error>> {
    ziggurat_build::compile(PROTO)?;

    let out = PathBuf::from(env::var("OUT_DIR")?).join("tonic");
    fs::create_dir_all(&out)?;
    tonic_prost_build::configure()
        .extern_path(".cafe.v1", "crate::cafe")
        .out_dir(out)
        .compile_fds(protox::compile([PROTO], ["proto"])?)?;
    Ok(())
}
