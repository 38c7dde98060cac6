use rustls::crypto::{CryptoProvider, aws_lc_rs};

pub(super) const COMPILED: Option<fn() -> CryptoProvider> = Some(aws_lc_rs::default_provider);
