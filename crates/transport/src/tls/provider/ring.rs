use rustls::crypto::{CryptoProvider, ring};

pub(super) const COMPILED: Option<fn() -> CryptoProvider> = Some(ring::default_provider);
