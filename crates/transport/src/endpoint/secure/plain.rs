use std::future::{Ready, ready};

use ziggurat_connect::Target;

use crate::Error;

pub(in crate::endpoint) type Secured<S> = S;

/// Nothing: no target asks for TLS where it is not compiled in.
#[derive(Clone, Debug)]
pub(crate) struct Security;

impl Security {
    pub(crate) fn new() -> Self {
        Self
    }

    /// None: there is no TLS that could have one.
    #[allow(clippy::unused_self, reason = "with TLS there is something in it")]
    pub(crate) fn server_name(&self) -> Option<String> {
        None
    }

    /// Never.
    #[allow(clippy::unused_self, reason = "with TLS there is something in it")]
    pub(crate) fn is_given(&self) -> bool {
        false
    }

    /// The stream as it is.
    #[allow(clippy::unused_self, reason = "with TLS there is something in it")]
    pub(in crate::endpoint) fn secure<S>(
        &self,
        _: &Target,
        stream: S,
    ) -> Ready<Result<Secured<S>, Error>> {
        ready(Ok(stream))
    }
}
