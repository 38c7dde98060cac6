//! A stub is put on a target instead of a channel.

use ziggurat_compile_fail::CoffeeMachineStub;

fn main() {
    CoffeeMachineStub::new("http://127.0.0.1:50051");
}
