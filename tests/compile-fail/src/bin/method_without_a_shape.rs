//! A method is given a shape that there is not.

use bytes::Bytes;
use ziggurat::Method;

struct Duplex;

fn main() {
    let _method = Method::<Bytes, Bytes, Duplex>::new("/cafe.v1.CoffeeMachine/Chat");
}
