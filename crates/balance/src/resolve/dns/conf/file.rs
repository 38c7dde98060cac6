//! Which servers are asked, where a file says it.

use std::{fs, path::PathBuf};

use hickory_resolver::{
    config::{ResolverConfig, ResolverOpts},
    system_conf::parse_resolv_conf,
};

use crate::resolve::dns::error::DnsError;

/// The file of the system. It is read anew for each lookup, for it changes while programs run.
#[derive(Clone, Debug)]
pub(super) struct Conf(pub(super) PathBuf);

impl Default for Conf {
    fn default() -> Self {
        Self(PathBuf::from("/etc/resolv.conf"))
    }
}

impl Conf {
    /// Its servers, its search list and its options.
    pub(super) fn read(&self) -> Result<(ResolverConfig, ResolverOpts), DnsError> {
        let path = self.0.display().to_string();
        let text = fs::read(&self.0).map_err(|error| {
            let text =
                format!("{path} cannot be read: {error}; name the DNS servers with Dns::servers");
            DnsError::new(text, error)
        })?;
        parse_resolv_conf(text).map_err(|error| DnsError::unusable(&path, error))
    }
}
