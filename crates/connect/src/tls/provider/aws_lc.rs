use rustls::crypto::{CryptoProvider, aws_lc_rs};

pub(super) const PROVIDER: Option<fn() -> CryptoProvider> = Some(aws_lc_rs::default_provider);
