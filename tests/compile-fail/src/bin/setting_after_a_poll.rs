//! A call gets a setting when it has been polled.

use std::time::Duration;

use ziggurat::{Channel, Status};
use ziggurat_compile_fail::{CoffeeMachineStub, LatteOrder};

async fn run(cafe: CoffeeMachineStub) -> Result<(), Status> {
    let mut call = cafe.make_latte(LatteOrder::default());
    (&mut call).await?;
    call.timeout(Duration::ZERO).await?;
    Ok(())
}

fn main() {
    drop(run(CoffeeMachineStub::new(Channel::default())));
}
