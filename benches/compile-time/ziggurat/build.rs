//! Writes Ziggurat's stub and the program that calls each of its methods.

#[path = "../service.rs"]
mod service;

use std::error::Error;

use service::Shape;

const IMPORTS: &str = "use ziggurat::{Channel, Status};";

const MAIN: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stub = bench::BenchStub::new(Channel::builder("http://127.0.0.1:50051")?.connect_lazy());
    let mut sum = 0;
$CALLS
    println!("{sum}");
    Ok(())
}
"#;

fn call(n: usize, shape: Shape) -> String {
    let request = format!("bench::Request{n} {{ name: \"{n}\".into(), ..Default::default() }}");
    let body = match shape {
        Shape::Unary => format!("Ok(stub.call{n}({request}).await?.number)"),
        Shape::ClientStreaming => format!("Ok(stub.call{n}(vec![{request}; 3]).await?.number)"),
        Shape::ServerStreaming => format!(
            "Ok(stub.call{n}({request}).collect().await?.iter().map(|reply| reply.number).sum())"
        ),
        Shape::Bidi => format!(
            "Ok(stub.call{n}(vec![{request}; 3]).collect().await?.iter().map(|reply| reply.number).sum())"
        ),
    };
    format!("async fn call{n}(stub: &bench::BenchStub) -> Result<i64, Status> {{\n    {body}\n}}\n")
}

fn main() -> Result<(), Box<dyn Error>> {
    let proto = service::write(IMPORTS, call, MAIN)?;
    ziggurat_build::compile(proto)?;
    Ok(())
}
