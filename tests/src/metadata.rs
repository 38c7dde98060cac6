//! Metadata in both directions.

use ziggurat::{CallOptions, Metadata};
use ziggurat_examples::cafe::{CoffeeMachineStub, Filter};

use crate::{
    Failure, same,
    shapes::{coffee, order},
};

/// Not text, and not a multiple of three long.
const BYTES: &[u8] = &[0, 255, 44, 128, 1];

fn sent() -> Result<CallOptions, Failure> {
    let options = CallOptions::new()
        .metadata("x-echo-initial", "one")?
        .metadata("x-echo-initial", "two, with a comma")?
        .metadata_bin("x-echo-trailing-bin", BYTES)?
        .metadata_bin("x-echo-trailing-bin", "text")?;
    Ok(options)
}

fn check_initial(initial: &Metadata) -> Result<(), Failure> {
    let values: Vec<_> = initial.get_all("x-echo-initial").collect();
    same(values, ["one", "two, with a comma"])?;
    same(initial.contains_key("x-echo-trailing-bin"), false)
}

fn check_trailing(trailing: &Metadata) -> Result<(), Failure> {
    let values: Result<Vec<_>, _> = trailing.get_all_bin("x-echo-trailing-bin").collect();
    same(values?, [BYTES, b"text"])?;
    same(trailing.contains_key("x-echo-initial"), false)
}

pub(crate) async fn echoed(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let response = cafe.with(sent()?).make_latte(order()).send().await?;
    same(response.message(), &coffee())?;
    check_initial(response.initial_metadata())?;
    check_trailing(response.trailing_metadata())?;
    same(response.peer().is_some(), true)
}

pub(crate) async fn echoed_by_a_stream(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let filter = Filter { count: 2, size: 0 };
    let mut orders = cafe.with(sent()?).watch(filter).await?;
    check_initial(orders.initial_metadata().await?)?;
    check_trailing(&orders.finish().await?)
}

pub(crate) async fn echoed_by_a_failure(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let call = cafe
        .with(sent()?)
        .make_latte(order())
        .metadata("x-fail", "5");
    let Err(status) = call.await else {
        return Err("the call did not fail".into());
    };
    check_initial(status.initial_metadata())?;
    check_trailing(status.trailing_metadata())
}

pub(crate) async fn user_agent(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let response = cafe.make_latte(order()).send().await?;
    let agent = response.trailing_metadata().get("x-saw-user-agent");
    let agent = agent.ok_or("the server saw no user agent")?;
    same(agent.starts_with("interop/1 grpc-rust-"), true)
}
