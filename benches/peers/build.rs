//! Writes messages and stubs of `peers.proto` with each generator, each in a folder of its own. All make `bytes` fields
//! [`Bytes`](https://docs.rs/bytes), so that none copies what another does not.

use std::{env, error::Error, fs, path::PathBuf};

use buffa_codegen::{BytesRepr, CodeGenConfig};
use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=peers.proto");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let folder = |name: &str| -> Result<PathBuf, Box<dyn Error>> {
        let folder = out.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    };

    ziggurat_build::configure()
        .bytes(".")
        .messages_only()
        .out_dir(folder("messages")?)
        .compile(&["peers.proto"], &["."])?;
    ziggurat_build::configure()
        .bytes(".")
        .out_dir(folder("ziggurat")?)
        .compile(&["peers.proto"], &["."])?;

    let files = protox::compile(["peers.proto"], ["."])?;
    let set = out.join("peers.bin");
    fs::write(&set, files.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_server(false)
        .bytes(".")
        .out_dir(folder("tonic")?)
        .compile_fds(files)?;

    // Views are what its stubs answer with.
    let mut buffa = CodeGenConfig::default();
    buffa.generate_json = false;
    buffa.bytes_fields = vec![(".".to_owned(), BytesRepr::Bytes)];
    connectrpc_build::Config::new()
        .descriptor_set(set)
        .files(&["peers.proto"])
        .buffa_config(buffa)
        .generate_json(false)
        .out_dir(folder("connectrpc")?)
        .include_file("all.rs")
        .compile()?;
    Ok(())
}
