use rustls::crypto::CryptoProvider;

pub(super) const PROVIDER: Option<fn() -> CryptoProvider> = None;
