//! Calls that end early: by a status, a deadline, or this side.

use std::time::Duration;

use ziggurat::{CallOptions, Channel, Client, Code, Method, Status, shape};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, Filter, LatteOrder};
use ziggurat_types::{Detail, StandardDetails};

use crate::{
    Failure, same,
    shapes::{coffee, line, order},
};

/// The text of the server's failures.
const SORRY: &str = "no coffee: 0 % left \u{2615}";

/// The status of a call that must fail.
fn status<T>(outcome: Result<T, Status>) -> Result<Status, Failure> {
    outcome.err().ok_or_else(|| "the call did not fail".into())
}

pub(crate) async fn every_code(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    for number in 1..=16 {
        let call = cafe
            .make_latte(order())
            .metadata("x-fail", &number.to_string());
        let status = status(call.await)?;
        same(Some(status.code()), Code::from_number(number))?;
        same((status.message(), status.is_local()), (SORRY, false))?;
    }
    Ok(())
}

pub(crate) async fn details(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let call = cafe.make_latte(order()).metadata("x-fail", "3");
    let status = status(call.await)?;
    let read = status
        .details::<StandardDetails>()
        .ok_or("there are no details")??;
    same((read.code, read.message.as_str()), (3, SORRY))?;
    let [Detail::BadRequest(bad), Detail::Unknown(unknown)] = &read.details[..] else {
        return Err(format!("other details: {:?}", read.details).into());
    };
    let violation = bad
        .field_violations
        .first()
        .ok_or("there is no violation")?;
    same(
        (&violation.field[..], &violation.description[..]),
        ("sugar", "too sweet"),
    )?;
    same(&unknown.type_url[..], "type.googleapis.com/cafe.v1.Unknown")?;
    same(&unknown.value[..], [8, 1])
}

pub(crate) async fn failure_after_messages(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let call = cafe.watch(Filter { count: 9, size: 0 });
    let mut orders = call.metadata("x-fail-after", "3").await?;
    for number in 0..3 {
        let order = orders.recv().await?;
        same(order.map(|order| order.number), Some(number))?;
    }
    let status = status(orders.recv().await)?;
    same((status.code(), status.message()), (Code::Aborted, SORRY))
}

pub(crate) async fn unimplemented(channel: Channel) -> Result<(), Failure> {
    static TEA: Method<LatteOrder, Coffee, shape::Unary> =
        Method::new("/cafe.v1.CoffeeMachine/MakeTea");
    let call = Client::<_>::new(channel).unary(&TEA, order());
    let status = status(call.await)?;
    same(
        (status.code(), status.is_local()),
        (Code::Unimplemented, false),
    )
}

pub(crate) async fn deadline_is_told(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let response = cafe.make_latte(order()).send().await?;
    let told = response.trailing_metadata().get("x-saw-timeout-ms");
    same(told, Some("none"))?;

    let call = cafe.make_latte(order()).timeout(Duration::from_secs(60));
    let response = call.send().await?;
    let told = response.trailing_metadata().get("x-saw-timeout-ms");
    let told: u32 = told.ok_or("the server was told nothing")?.parse()?;
    // The server's clock is coarse.
    if (30_000..=60_500).contains(&told) {
        return Ok(());
    }
    Err(format!("the server was told {told} ms").into())
}

/// Settings for calls that never end by themselves.
fn hanging(place: &str) -> Result<CallOptions, Failure> {
    Ok(CallOptions::new().metadata("x-hang", place)?)
}

pub(crate) async fn deadline(cafe: CoffeeMachineStub, place: &str) -> Result<(), Failure> {
    let cafe = cafe.with(hanging(place)?.timeout(Duration::from_millis(100)));
    for outcome in [
        cafe.make_latte(order()).await.map(drop),
        cafe.watch(Filter::default()).collect().await.map(drop),
        cafe.upload([]).await.map(drop),
        cafe.chat([line("hello?")]).collect().await.map(drop),
    ] {
        let status = status(outcome)?;
        same(status.code(), Code::DeadlineExceeded)?;
    }
    // The connection goes on.
    let call = cafe.with(CallOptions::new().timeout(Duration::from_secs(20)));
    let status = status(call.make_latte(order()).metadata("x-fail", "5").await)?;
    same(status.code(), Code::NotFound)
}

/// Settings for a call that hangs at the server, once its headers are back.
fn named(name: &str) -> Result<CallOptions, Failure> {
    Ok(hanging("after-headers")?.metadata("x-call", name)?)
}

/// Waits until the server saw the cancellation of the call with this name.
async fn seen_cancelled(cafe: &CoffeeMachineStub, name: &str) -> Result<(), Failure> {
    let call = cafe.make_latte(order()).metadata("x-await-cancelled", name);
    same(call.await?, coffee())
}

pub(crate) async fn cancelled_unary(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let call = cafe.with(named("unary")?).open().make_latte();
    let mut reply = call.send(order()).await?;
    reply.initial_metadata().await?;
    reply.cancel();
    seen_cancelled(&cafe, "unary").await
}

pub(crate) async fn cancelled_stream(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let mut orders = cafe.with(named("stream")?).watch(Filter::default()).await?;
    orders.initial_metadata().await?;
    drop(orders);
    seen_cancelled(&cafe, "stream").await
}

pub(crate) async fn cancelled_sender(cafe: CoffeeMachineStub) -> Result<(), Failure> {
    let call = cafe.with(named("sender")?).open().chat();
    let (mut sender, mut answers) = call.split().await?;
    sender.send(line("hello?")).await?;
    answers.initial_metadata().await?;
    drop(sender);
    let status = status(answers.recv().await)?;
    same(status.code(), Code::Cancelled)?;
    seen_cancelled(&cafe, "sender").await
}
