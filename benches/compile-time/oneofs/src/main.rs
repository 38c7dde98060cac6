//! Measures how long the generator takes for files with many messages that have a oneof each.
//!
//!     cargo run --manifest-path benches/Cargo.toml --package compile-time-oneofs [COUNT]...
//!
//! Not optimized, for so cargo builds build scripts. The counts are 2,000, 4,000 and 8,000 by default. Prints a line
//! for each, as `8000 oneofs: 1.23 s`: they should be in proportion. The output goes to a folder of its own, which is
//! removed. The figures stand in the documentation of `ziggurat-build`.

#![expect(
    clippy::disallowed_types,
    reason = "it is the clock's time that counts"
)]

use std::{
    env,
    error::Error,
    fmt::Write,
    fs, process,
    time::{Duration, Instant},
};

/// Generates from a file with so many messages; only the generator's time counts.
fn generate(count: u32) -> Result<Duration, Box<dyn Error>> {
    let mut text = "syntax = \"proto3\";\npackage a;\n".to_owned();
    for n in 0..count {
        writeln!(
            text,
            "message M{n} {{ oneof k {{ string a = 1; bool b = 2; }} }}"
        )?;
    }
    let folder = env::temp_dir().join(format!("oneofs-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let proto = folder.join("a.proto");
    fs::write(&proto, text)?;
    let begun = Instant::now();
    let generated = ziggurat_build::configure()
        .out_dir(&folder)
        .compile(&[&proto], &[&folder]);
    let took = begun.elapsed();
    fs::remove_dir_all(&folder)?;
    generated?;
    Ok(took)
}

fn main() -> Result<(), Box<dyn Error>> {
    let counts: Result<Vec<u32>, _> = env::args().skip(1).map(|count| count.parse()).collect();
    let counts = match counts? {
        none if none.is_empty() => vec![2000, 4000, 8000],
        counts => counts,
    };
    for count in counts {
        println!("{count} oneofs: {:.2} s", generate(count)?.as_secs_f64());
    }
    Ok(())
}
