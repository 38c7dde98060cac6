use std::sync::Arc;

use tokio::{sync::OnceCell, task::spawn_blocking};
use ziggurat_connect::{
    BoxError, Stream, Target,
    tls::{self, Tls, TlsOptions},
};

use crate::{Error, error::Kind};

pub(in crate::endpoint) use ziggurat_connect::tls::Secured;

/// What makes a channel's connections secure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Security {
    /// As it was set.
    pub(crate) tls: Option<Tls>,
    /// For a target that asks for it where nothing was set; made at the first connection, for it reads files.
    default: Arc<OnceCell<Tls>>,
}

impl Security {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The server name that was set beside the target's.
    pub(crate) fn server_name(&self) -> Option<String> {
        let name = self.tls.as_ref()?.server_name()?;
        Some(name.to_str().into_owned())
    }

    /// Whether TLS was asked for beside the target.
    pub(crate) fn is_given(&self) -> bool {
        self.tls.is_some()
    }

    /// Speaks TLS over a stream, if the channel does.
    pub(in crate::endpoint) async fn secure<S: Stream>(
        &self,
        target: &Target,
        stream: S,
    ) -> Result<Secured<S>, Error> {
        let tls = match &self.tls {
            Some(tls) => tls,
            None if target.is_secure() => {
                let made = self.default.get_or_try_init(make_default).await;
                made.map_err(|error| Error::connect(Kind::Tls, target, error))?
            }
            None => return Ok(Secured::plain(stream)),
        };
        let secured = tls::secure(tls, target, stream).await;
        secured.map_err(|error| Error::connect(Kind::Tls, target, error.into()))
    }
}

async fn make_default() -> Result<Tls, BoxError> {
    Ok(spawn_blocking(|| Tls::new(TlsOptions::new())).await??)
}
