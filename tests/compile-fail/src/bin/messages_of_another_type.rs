//! A client stream is given messages of another method.

use ziggurat::Channel;
use ziggurat_compile_fail::{CoffeeMachineStub, Line};

fn main() {
    let cafe = CoffeeMachineStub::new(Channel::default());
    drop(cafe.upload(vec![Line::default()]));
}
