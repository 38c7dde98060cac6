//! The coffee machine's stub, as users generate it.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=../../examples/proto");
    ziggurat_build::compile("../../examples/proto/cafe.proto")?;
    Ok(())
}
