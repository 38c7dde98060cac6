//! A unary call is given a message of another method.

use ziggurat::Channel;
use ziggurat_compile_fail::{CoffeeMachineStub, Line};

fn main() {
    let cafe = CoffeeMachineStub::new(Channel::default());
    drop(cafe.make_latte(Line::default()));
}
