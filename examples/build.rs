//! Stubs and messages by Ziggurat; the server by tonic, over the same messages.

use std::{env, error::Error, fs, path::PathBuf};

const PROTO: &str = "proto/cafe.proto";

/// Lets the messages be JSON too.
const SERDE: &str = "#[derive(serde::Serialize, serde::Deserialize)] #[serde(default)]";

fn main() -> Result<(), Box<dyn Error>> {
    // Without `SERDE` all of it would be `ziggurat_build::compile(PROTO)?`.
    ziggurat_build::configure()
        .type_attribute(".", SERDE)
        .compile(&[PROTO], &["proto"])?;

    let out = PathBuf::from(env::var("OUT_DIR")?).join("tonic");
    fs::create_dir_all(&out)?;
    tonic_prost_build::configure()
        .extern_path(".cafe.v1", "crate::cafe")
        .out_dir(out)
        .compile_fds(protox::compile([PROTO], ["proto"])?)?;
    Ok(())
}
