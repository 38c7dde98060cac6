use rustls::crypto::{CryptoProvider, ring};

pub(super) const PROVIDER: Option<fn() -> CryptoProvider> = Some(ring::default_provider);
