//! Puts a stub straight onto a server in the same process: no socket, no port, no task.
//!
//! Any HTTP service of tower can carry calls: tonic's generated server, an axum router with several of them. One sees
//! all four shapes over both, and what a router says to a method it does not have. Tests of programs are a good place
//! for it.

use std::error::Error;

use tonic::service::Routes;
use ziggurat::{GrpcService, Status};
use ziggurat_examples::{
    cafe::{Bean, CoffeeMachineStub, Filter, LatteOrder, Line},
    server::Machine,
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("tonic's server");
    let server = CoffeeMachineServer::new(Machine);
    tour(&CoffeeMachineStub::new(server.clone())).await?;

    println!("an axum router");
    let router = Routes::new(server).into_axum_router();
    tour(&CoffeeMachineStub::new(router)).await?;

    println!("an axum router without the method");
    let empty = CoffeeMachineStub::new(axum::Router::new());
    let missing = empty.make_latte(LatteOrder::default()).await;
    println!("  {}", missing.expect_err("there is no route"));
    Ok(())
}

/// Calls each method once.
async fn tour<S: GrpcService>(cafe: &CoffeeMachineStub<S>) -> Result<(), Status> {
    println!("  {:?}", cafe.make_latte(LatteOrder::default()).await?);
    let orders = cafe.watch(Filter { count: 2, size: 0 }).collect().await?;
    println!("  {} orders", orders.len());
    println!("  {:?}", cafe.upload([Bean::default()]).await?);
    let lines = ["hello", "bye"].map(|text| Line { text: text.into() });
    println!("  {:?}", cafe.chat(lines).collect().await?);
    Ok(())
}
