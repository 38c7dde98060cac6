use std::future::{Ready, ready};

use crate::{Error, Target};

pub(in crate::channel) type Secured<S> = S;

/// Nothing: no target asks for TLS where it is not compiled in.
#[derive(Clone, Debug)]
pub(in crate::channel) struct Security;

impl Security {
    pub(in crate::channel) fn new() -> Self {
        Self
    }

    /// None: there is no TLS that could have one.
    #[allow(clippy::unused_self, reason = "with TLS there is something in it")]
    pub(in crate::channel) fn server_name(&self) -> Option<String> {
        None
    }

    /// The stream as it is.
    #[allow(clippy::unused_self, reason = "with TLS there is something in it")]
    pub(in crate::channel) fn secure<S>(
        &self,
        _: &Target,
        stream: S,
    ) -> Ready<Result<Secured<S>, Error>> {
        ready(Ok(stream))
    }
}
