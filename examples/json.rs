//! Calls one server in JSON, with the very stub that speaks protocol buffers.
//!
//! The codec is a parameter of the stub; the messages derive serde's traits in `build.rs`. One sees an order answered
//! by an axum route that speaks `application/grpc+json`, and what it says to protocol buffers.

use ziggurat::{Json, Status};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    json,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Status> {
    let cafe = CoffeeMachineStub::new(json::machine());
    let order = LatteOrder {
        name: "Ada".into(),
        sugar: 3,
    };

    let coffee = cafe.with_codec::<Json>().make_latte(order.clone()).await?;
    println!("JSON              {coffee:?}");
    let refused = cafe.make_latte(order).await;
    println!("protocol buffers  {}", refused.expect_err("it reads JSON"));
    Ok(())
}
