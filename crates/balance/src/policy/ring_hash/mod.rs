//! `ring_hash`: calls with the same header value go to the same server.
//!
//! The hashes of all servers, many of each, stand on a ring; a call goes to the first that comes after the hash of its header.
//! The [ring](ring::Ring) is made once for each list, the [picker](picker::RingPicker) anew whenever a server's state changes.

mod picker;
mod policy;
mod ring;
#[cfg(test)]
mod tests;

pub use policy::RingHash;
pub use ring::HashKey;
