//! Calls a foreign server in every way; `interop/run` starts gRPC's C++ core for it.
//!
//! Its one argument is the server's target. It prints `ok <case>` or `FAILED <case>: <why>` for each case, and ends with
//! 1 if one failed.

mod ends;
mod metadata;
mod shapes;

use std::{error::Error, fmt::Debug, future::Future, pin::Pin, process::ExitCode, time::Duration};

use tokio::time::timeout;
use ziggurat::Channel;
use ziggurat_examples::cafe::CoffeeMachineStub;

/// Why a case failed.
type Failure = Box<dyn Error + Send + Sync>;

/// A name, and the calls to make.
type Case = (
    &'static str,
    Pin<Box<dyn Future<Output = Result<(), Failure>>>>,
);

/// A case that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let target = std::env::args().nth(1).ok_or("usage: interop TARGET")?;
    let channel = Channel::builder(&target)?
        .user_agent("interop/1")?
        .connect_lazy();
    let mut failed = false;
    for (name, case) in cases(&channel) {
        let outcome = timeout(PATIENCE, case).await;
        match outcome.unwrap_or_else(|_| Err("it hangs".into())) {
            Ok(()) => println!("ok {name}"),
            Err(why) => {
                failed = true;
                println!("FAILED {name}: {why}");
            }
        }
    }
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
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
