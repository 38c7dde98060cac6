//! The service that both sides compile: 50 methods, each with messages of its own.

use std::{env, error::Error, fs, iter::repeat_n, path::PathBuf};

#[derive(Clone, Copy)]
pub enum Shape {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

use Shape::{Bidi, ClientStreaming, ServerStreaming, Unary};

/// Writes the `.proto` file and the program; gives the path of the first.
pub fn write(
    imports: &str,
    call: fn(usize, Shape) -> String,
    main: &str,
) -> Result<PathBuf, Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../service.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let proto = out.join("bench.proto");
    fs::write(&proto, self::proto())?;
    fs::write(out.join("program.rs"), program(imports, call, main))?;
    Ok(proto)
}

/// 35 unary methods and 5 of each streaming shape.
fn shapes() -> impl Iterator<Item = (usize, Shape)> {
    repeat_n(Unary, 35)
        .chain(repeat_n(ServerStreaming, 5))
        .chain(repeat_n(ClientStreaming, 5))
        .chain(repeat_n(Bidi, 5))
        .enumerate()
}

fn proto() -> String {
    let (mut messages, mut methods) = (String::new(), String::new());
    for (n, shape) in shapes() {
        let (sent, received) = match shape {
            Unary => ("", ""),
            ServerStreaming => ("", "stream "),
            ClientStreaming => ("stream ", ""),
            Bidi => ("stream ", "stream "),
        };
        methods += &format!("  rpc Call{n}({sent}Request{n}) returns ({received}Reply{n});\n");
        for name in ["Request", "Reply"] {
            messages += &format!(
                "message {name}{n} {{ string name = 1; int64 number = 2; repeated bytes parts = 3; }}\n"
            );
        }
    }
    format!("syntax = \"proto3\";\npackage bench;\n{messages}service Bench {{\n{methods}}}\n")
}

/// A function for each call, and a `main` whose `$CALLS` names them all.
fn program(imports: &str, call: fn(usize, Shape) -> String, main: &str) -> String {
    let functions: String = shapes().map(|(n, shape)| call(n, shape)).collect();
    let calls: String = shapes()
        .map(|(n, _)| format!("    sum += call{n}(&stub).await?;\n"))
        .collect();
    format!("{imports}\n{functions}\n{}", main.replace("$CALLS", &calls))
}
