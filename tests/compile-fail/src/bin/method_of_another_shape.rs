//! A method with many answers is called as if it had one.

use ziggurat::{Channel, Client};
use ziggurat_compile_fail::{CoffeeMachineMethods, Filter};

fn main() {
    let client = Client::<_>::new(Channel::default());
    drop(client.unary(&CoffeeMachineMethods::WATCH, Filter::default()));
}
