//! Which servers are asked, where the system itself knows it.

use hickory_resolver::{
    config::{ResolverConfig, ResolverOpts},
    system_conf::read_system_conf,
};

use crate::resolve::dns::error::DnsError;

/// The settings of the system. They are read anew for each lookup, for they change while programs run.
#[derive(Clone, Debug, Default)]
pub(super) struct Conf;

impl Conf {
    /// Its servers, its search list and its options.
    pub(super) fn read(&self) -> Result<(ResolverConfig, ResolverOpts), DnsError> {
        read_system_conf().map_err(|error| DnsError::unusable("the system", error.into()))
    }
}
