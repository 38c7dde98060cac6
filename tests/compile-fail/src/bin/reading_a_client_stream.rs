//! An opened client stream is read, which has one answer and not many.

use ziggurat::{Channel, Status};
use ziggurat_compile_fail::CoffeeMachineStub;

async fn run(cafe: CoffeeMachineStub) -> Result<(), Status> {
    let mut call = cafe.open().upload();
    call.recv().await?;
    Ok(())
}

fn main() {
    drop(run(CoffeeMachineStub::new(Channel::default())));
}
