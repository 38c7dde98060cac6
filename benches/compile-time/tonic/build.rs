//! Writes tonic's client and the program that calls each of its methods.

#[path = "../service.rs"]
mod service;

use std::error::Error;

use service::Shape;

const IMPORTS: &str = "
use tonic::{Status, transport::{Channel, Endpoint}};
type Stub = bench::bench_client::BenchClient<Channel>;
";

const MAIN: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stub = Stub::new(Endpoint::from_static("http://127.0.0.1:50051").connect_lazy());
    let mut sum = 0;
$CALLS
    println!("{sum}");
    Ok(())
}
"#;

/// Reads all replies of a stream, as Ziggurat's `collect` does.
const COLLECT: &str = ".await?.into_inner();
    let mut replies = Vec::new();
    while let Some(reply) = stream.message().await? {
        replies.push(reply);
    }
    Ok(replies.iter().map(|reply| reply.number).sum())";

fn call(n: usize, shape: Shape) -> String {
    let request = format!("bench::Request{n} {{ name: \"{n}\".into(), ..Default::default() }}");
    let requests = format!("tokio_stream::iter(vec![{request}; 3])");
    let body = match shape {
        Shape::Unary => format!("Ok(stub.clone().call{n}({request}).await?.into_inner().number)"),
        Shape::ClientStreaming => {
            format!("Ok(stub.clone().call{n}({requests}).await?.into_inner().number)")
        }
        Shape::ServerStreaming => {
            format!("let mut stream = stub.clone().call{n}({request}){COLLECT}")
        }
        Shape::Bidi => format!("let mut stream = stub.clone().call{n}({requests}){COLLECT}"),
    };
    format!("async fn call{n}(stub: &Stub) -> Result<i64, Status> {{\n    {body}\n}}\n")
}

fn main() -> Result<(), Box<dyn Error>> {
    let proto = service::write(IMPORTS, call, MAIN)?;
    let folder = proto.parent().ok_or("a file lies in a folder")?;
    let files = protox::compile([&proto], [folder])?;
    tonic_prost_build::configure()
        .build_server(false)
        .compile_fds(files)?;
    Ok(())
}
