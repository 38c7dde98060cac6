use rustls::crypto::CryptoProvider;

pub(super) const COMPILED: Option<fn() -> CryptoProvider> = None;
