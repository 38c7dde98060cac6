//! The sending half of an opened call sends a message after its end.

use ziggurat::{Channel, Status};
use ziggurat_compile_fail::{CoffeeMachineStub, Line};

async fn run(cafe: CoffeeMachineStub) -> Result<(), Status> {
    let (mut sender, _answers) = cafe.open().chat().split().await?;
    sender.end()?;
    sender.send(Line::default()).await?;
    Ok(())
}

fn main() {
    drop(run(CoffeeMachineStub::new(Channel::default())));
}
