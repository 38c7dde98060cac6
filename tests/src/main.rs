//! Calls a foreign server in every way; `interop/run` starts gRPC's C++ core for it.
//!
//! Its arguments are the server's target and, for TLS, the folder of certificates that it wrote before. It prints `ok <case>` or `FAILED <case>: <why>` for each case, and ends with
//! 1 if one failed.

mod ends;
mod metadata;
mod orders;
mod secure;
mod shapes;

use std::{
    error::Error, fmt::Debug, future::Future, path::PathBuf, pin::Pin, process::ExitCode,
    time::Duration,
};

use tokio::time::timeout;
use ziggurat::Channel;
use ziggurat_examples::cafe::CoffeeMachineStub;

use orders::Load;

/// Why a case failed.
type Failure = Box<dyn Error + Send + Sync>;

/// A name, and the calls to make.
type Case = (
    &'static str,
    Pin<Box<dyn Future<Output = Result<(), Failure>>>>,
);

/// A case that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

const USAGE: &str = "usage: interop TARGET [FOLDER], interop refused TARGET FOLDER, interop \
                     orders TARGET, interop certificates FOLDER";

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let builder = match *arguments {
        ["certificates", folder] => {
            secure::write(folder.as_ref())?;
            return Ok(ExitCode::SUCCESS);
        }
        ["refused", target, folder] => {
            let (target, folder) = (target.to_owned(), PathBuf::from(folder));
            let case = async move { secure::without_a_certificate(target, &folder).await };
            return Ok(run(vec![("no client certificate", Box::pin(case))]).await);
        }
        ["orders", target] => return Ok(run(orders(target)).await),
        [target] => Channel::builder(target)?,
        [target, folder] => Channel::builder(target)?.tls(secure::options(folder.as_ref())?)?,
        _ => return Err(USAGE.into()),
    };
    let channel = builder.user_agent("interop/1")?.connect_lazy();
    Ok(run(cases(&channel)).await)
}

/// Tells how each case went.
async fn run(cases: Vec<Case>) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (name, case) in cases {
        let outcome = timeout(PATIENCE, case).await;
        match outcome.unwrap_or_else(|_| Err("it hangs".into())) {
            Ok(()) => println!("ok {name}"),
            Err(why) => {
                code = ExitCode::FAILURE;
                println!("FAILED {name}: {why}");
            }
        }
    }
    code
}

/// Small messages, through a proxy that ends a connection on which too many of them wait.
fn orders(target: &str) -> Vec<Case> {
    let load = |connections, at_once, size| {
        let load = Load {
            connections,
            at_once,
            size,
        };
        Box::pin(orders::nothing_is_lost(target.to_owned(), load))
    };
    vec![
        ("streams of small messages", load(20, 1, 16)),
        ("streams of empty messages", load(10, 1, 0)),
        ("four streams of small messages at once", load(4, 4, 16)),
    ]
}

/// All cases, over one connection.
fn cases(channel: &Channel) -> Vec<Case> {
    let cafe = || CoffeeMachineStub::new(channel.clone());
    vec![
        ("unary", Box::pin(shapes::unary(cafe()))),
        (
            "server streaming",
            Box::pin(shapes::server_streaming(cafe())),
        ),
        (
            "client streaming",
            Box::pin(shapes::client_streaming(cafe())),
        ),
        ("bidi", Box::pin(shapes::bidi(cafe()))),
        ("opened bidi", Box::pin(shapes::opened_bidi(cafe()))),
        ("split bidi", Box::pin(shapes::split_bidi(cafe()))),
        (
            "opened client streaming",
            Box::pin(shapes::opened_client_streaming(cafe())),
        ),
        ("empty messages", Box::pin(shapes::empty_messages(cafe()))),
        ("large messages", Box::pin(shapes::large_messages(cafe()))),
        ("many calls at once", Box::pin(shapes::many_at_once(cafe()))),
        ("metadata", Box::pin(metadata::echoed(cafe()))),
        (
            "metadata of a stream",
            Box::pin(metadata::echoed_by_a_stream(cafe())),
        ),
        (
            "metadata of a failure",
            Box::pin(metadata::echoed_by_a_failure(cafe())),
        ),
        ("user agent", Box::pin(metadata::user_agent(cafe()))),
        ("every code", Box::pin(ends::every_code(cafe()))),
        ("error details", Box::pin(ends::details(cafe()))),
        (
            "failure after messages",
            Box::pin(ends::failure_after_messages(cafe())),
        ),
        (
            "unimplemented method",
            Box::pin(ends::unimplemented(channel.clone())),
        ),
        ("deadline is told", Box::pin(ends::deadline_is_told(cafe()))),
        (
            "deadline before headers",
            Box::pin(ends::deadline(cafe(), "before-headers")),
        ),
        (
            "deadline after headers",
            Box::pin(ends::deadline(cafe(), "after-headers")),
        ),
        ("cancelled unary", Box::pin(ends::cancelled_unary(cafe()))),
        ("cancelled stream", Box::pin(ends::cancelled_stream(cafe()))),
        ("cancelled sender", Box::pin(ends::cancelled_sender(cafe()))),
    ]
}

/// Fails with both values if they differ.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the cases read better, as with assert_eq"
)]
fn same<T, U>(got: T, wanted: U) -> Result<(), Failure>
where
    T: Debug + PartialEq<U>,
    U: Debug,
{
    if got == wanted {
        return Ok(());
    }
    Err(format!("got {got:?}, wanted {wanted:?}").into())
}
