//! A method with many messages is bound as a service over one.

use ziggurat::Channel;
use ziggurat_compile_fail::{CoffeeMachineMethods, CoffeeMachineStub};

fn main() {
    let cafe = CoffeeMachineStub::new(Channel::default());
    drop(cafe.service(&CoffeeMachineMethods::CHAT));
}
