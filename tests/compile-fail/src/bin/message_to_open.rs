//! An opened call is given its message at once.

use ziggurat::Channel;
use ziggurat_compile_fail::{CoffeeMachineStub, LatteOrder};

fn main() {
    let cafe = CoffeeMachineStub::new(Channel::default());
    drop(cafe.open().make_latte(LatteOrder::default()));
}
