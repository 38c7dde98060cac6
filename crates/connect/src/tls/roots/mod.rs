#[cfg(feature = "tls-webpki-roots")]
mod bundled;
#[cfg(feature = "tls-native-roots")]
mod native;
mod set;
#[cfg_attr(feature = "tls-native-roots", path = "system.rs")]
#[cfg_attr(not(feature = "tls-native-roots"), path = "no_system.rs")]
mod system;

pub use set::Roots;
