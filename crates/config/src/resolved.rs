use crate::{InvalidServiceConfig, ServiceConfig};

/// What a resolver has of a config beside the addresses: one, an invalid one, or none.
///
/// The three are not the same for a channel. [`in_effect`](Self::in_effect) says which config it then has.
#[derive(Clone, Debug, Default)]
pub enum ResolvedConfig {
    /// The name has no config.
    #[default]
    None,
    /// The name has this config.
    Config(ServiceConfig),
    /// The name has one that cannot be used.
    Invalid(InvalidServiceConfig),
}

impl ResolvedConfig {
    /// The config that a channel has from then on, which had `previous` of an earlier answer, and `default` of the
    /// application.
    ///
    /// | resolved | in effect |
    /// |---|---|
    /// | a config | that one |
    /// | none | the application's, or else the empty one (F-4) |
    /// | an invalid one | the previous one; without that the application's; without both it is an error (F-3) |
    ///
    /// # Errors
    ///
    /// What was resolved is invalid, and nothing can stand in for it: the resolution has failed.
    ///
    /// ```
    /// use ziggurat::service_config::{ResolvedConfig, ServiceConfig};
    ///
    /// let previous = ServiceConfig::from_json(r#"{ "loadBalancingPolicy": "ROUND_ROBIN" }"#)?;
    /// let broken = ResolvedConfig::from(ServiceConfig::from_json(r#"{ "loadBalancingPolicy": 7 }"#));
    /// assert_eq!(broken.clone().in_effect(Some(&previous), None)?, previous);
    /// assert!(broken.in_effect(None, None).is_err());
    /// assert_eq!(ResolvedConfig::None.in_effect(Some(&previous), None)?, ServiceConfig::default());
    /// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
    /// ```
    pub fn in_effect(
        self,
        previous: Option<&ServiceConfig>,
        default: Option<&ServiceConfig>,
    ) -> Result<ServiceConfig, InvalidServiceConfig> {
        match self {
            Self::Config(config) => Ok(config),
            Self::None => Ok(default.cloned().unwrap_or_default()),
            Self::Invalid(invalid) => previous.or(default).cloned().ok_or(invalid),
        }
    }
}

impl From<ServiceConfig> for ResolvedConfig {
    fn from(config: ServiceConfig) -> Self {
        Self::Config(config)
    }
}

impl From<Result<ServiceConfig, InvalidServiceConfig>> for ResolvedConfig {
    fn from(result: Result<ServiceConfig, InvalidServiceConfig>) -> Self {
        result.map_or_else(Self::Invalid, Self::Config)
    }
}
