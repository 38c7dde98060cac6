//! DNS without the system between: records say how long they count, and where a service is.

mod ask;
#[cfg_attr(
    all(unix, not(any(target_os = "android", target_vendor = "apple"))),
    path = "conf/file.rs"
)]
#[cfg_attr(
    not(all(unix, not(any(target_os = "android", target_vendor = "apple")))),
    path = "conf/settings.rs"
)]
mod conf;
mod error;
mod order;
mod resolver;
#[cfg(test)]
mod tests;

pub use resolver::Dns;
