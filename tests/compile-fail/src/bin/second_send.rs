//! An opened unary call sends two messages.

use ziggurat::{Channel, Status};
use ziggurat_compile_fail::{CoffeeMachineStub, LatteOrder};

async fn run(cafe: CoffeeMachineStub) -> Result<(), Status> {
    let call = cafe.open().make_latte();
    call.send(LatteOrder::default()).await?;
    call.send(LatteOrder::default()).await?;
    Ok(())
}

fn main() {
    drop(run(CoffeeMachineStub::new(Channel::default())));
}
