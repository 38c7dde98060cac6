//! Stub and messages of the suite, from its own files.

const FOLDER: &str = "proto";
const FILES: [&str; 2] = [
    "proto/connectrpc/conformance/v1/client_compat.proto",
    "proto/connectrpc/conformance/v1/service.proto",
];

fn main() -> Result<(), ziggurat_build::Error> {
    ziggurat_build::configure()
        .prost(|prost| {
            prost.enable_type_names(); // a message knows its `Any`
        })
        .compile(&FILES, &[FOLDER])
}
