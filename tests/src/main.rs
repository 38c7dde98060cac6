//! The four shapes against a foreign server; the script in `interop/` starts it.

fn main() {}
