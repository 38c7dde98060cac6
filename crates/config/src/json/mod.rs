//! Reads a config from JSON, by the rules of proto3's mapping (F-1).
//!
//! Each field is looked up by its name, so that what is not known is not looked at (F-2). What is wrong is written down
//! and reading goes on, so that all of it is known in the end; what comes out counts only if nothing was.

mod draft;
mod fields;
mod load_balancing;
mod method;
mod policy;
mod reading;
mod root;
mod scalar;
#[cfg(test)]
mod tests;
