//! A codec of bytes is to write messages.

use ziggurat::{Channel, Raw};
use ziggurat_compile_fail::{CoffeeMachineStub, LatteOrder};

fn main() {
    let cafe = CoffeeMachineStub::new(Channel::default()).with_codec::<Raw>();
    drop(cafe.make_latte(LatteOrder::default()));
}
