//! An opened client stream sends a message after its last.

use ziggurat::{Channel, Status};
use ziggurat_compile_fail::{Bean, CoffeeMachineStub};

async fn run(cafe: CoffeeMachineStub) -> Result<(), Status> {
    let mut call = cafe.open().upload();
    call.send_last(Bean::default()).await?;
    call.send(Bean::default()).await?;
    Ok(())
}

fn main() {
    drop(run(CoffeeMachineStub::new(Channel::default())));
}
