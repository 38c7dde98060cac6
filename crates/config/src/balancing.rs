/// One choice of how load is balanced: the name of a policy, and its config.
///
/// A service config lists its choices in the order of preference; a client takes the first whose name it knows (F-18).
/// The config is kept as it stands in the list, since only the policy of that name can read it.
///
/// ```
/// use ziggurat::service_config::ServiceConfig;
///
/// let config = ServiceConfig::from_json(
///     r#"{ "loadBalancingConfig": [{ "weighted_round_robin": { "blackoutPeriod": "5s" } }, { "round_robin": {} }] }"#,
/// )?;
/// let [first, second] = config.load_balancing_config() else { unreachable!("it has two") };
/// assert_eq!((first.name(), first.config()), ("weighted_round_robin", r#"{ "blackoutPeriod": "5s" }"#));
/// assert_eq!(second.name(), "round_robin");
/// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancingConfig {
    name: Box<str>,
    config: Box<str>,
}

impl LoadBalancingConfig {
    /// `config` is the JSON of an object.
    pub(crate) fn new(name: impl Into<Box<str>>, config: &str) -> Self {
        Self {
            name: name.into(),
            config: config.into(),
        }
    }

    /// The name of the policy, such as `round_robin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The config of the policy: the JSON of an object, `{}` if it has none.
    pub fn config(&self) -> &str {
        &self.config
    }
}
