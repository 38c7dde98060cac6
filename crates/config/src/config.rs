use std::sync::Arc;

use crate::{MethodConfig, RetryThrottling, load_balancing::LoadBalancing, methods::ByMethod};

/// How a service wants to be called: see the [module](crate).
///
/// It does not change once it is made. A clone is the same config, and costs one reference count (F-22); two configs are
/// equal if they say the same, in whatever words. The default is the empty config, which says nothing.
///
/// ```
/// use ziggurat::service_config::ServiceConfig;
///
/// let empty: ServiceConfig = "{}".parse()?;
/// assert_eq!(empty, ServiceConfig::default());
/// assert!(empty.method("/cafe.v1.Machine/Make").is_none());
/// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceConfig(Arc<Settings>);

/// All that a config says; what is not said is not there, or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) methods: ByMethod<MethodConfig>,
    pub(crate) retry_throttling: Option<RetryThrottling>,
    pub(crate) load_balancing: Option<LoadBalancing>,
    pub(crate) health_check_service: Option<Box<str>>,
    pub(crate) max_connections_per_subchannel: Option<u32>,
}

impl ServiceConfig {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }

    /// What it says about the method of a request's path, `/package.Service/Method`.
    ///
    /// That is the entry of the method; if there is none, the one of its service, or else the one for all methods
    /// (F-10). An entry counts as a whole: what it leaves open is not taken from another (F-11). Each call asks once;
    /// that allocates nothing.
    pub fn method(&self, path: &str) -> Option<&MethodConfig> {
        self.0.methods.get(path)
    }

    /// All that it says about methods, each with the path that it is for, the shortest first.
    ///
    /// The path is `/service/method` for a method, `/service/` for a service, and empty for all methods.
    ///
    /// ```
    /// use ziggurat::service_config::ServiceConfig;
    ///
    /// let config = ServiceConfig::from_json(r#"{ "methodConfig": [{ "name": [{}, { "service": "cafe.v1.Till" }] }] }"#)?;
    /// let paths: Vec<_> = config.methods().map(|(path, _)| path).collect();
    /// assert_eq!(paths, ["", "/cafe.v1.Till/"]);
    /// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
    /// ```
    pub fn methods(&self) -> impl Iterator<Item = (&str, &MethodConfig)> {
        self.0.methods.iter()
    }

    /// Makes something of what it says about each method, which is then found as [`method`](Self::method) finds that: for
    /// floors that are put up once, and not for each call.
    ///
    /// ```
    /// use ziggurat::service_config::{MethodConfig, ServiceConfig};
    ///
    /// let config = ServiceConfig::from_json(r#"{ "methodConfig": [{ "name": [{}], "timeout": "1.5s" }] }"#)?;
    /// let millis = config.by_method(|config| config.timeout().map(|timeout| timeout.as_millis()));
    /// assert_eq!(millis.get("/cafe.v1.Machine/Make"), Some(&Some(1500)));
    /// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
    /// ```
    pub fn by_method<T>(&self, to: impl FnMut(&MethodConfig) -> T) -> ByMethod<T> {
        self.0.methods.map(to)
    }

    /// When calls are no longer sent again, since too many fail (F-16).
    ///
    /// ```
    /// use ziggurat::service_config::ServiceConfig;
    ///
    /// let config = ServiceConfig::from_json(r#"{ "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1 } }"#)?;
    /// let throttle = config.retry_throttling().map(|throttling| throttling.throttle());
    /// assert!(throttle.is_some_and(|throttle| throttle.allows()));
    /// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
    /// ```
    pub fn retry_throttling(&self) -> Option<RetryThrottling> {
        self.0.retry_throttling
    }

    /// How load is balanced; without it, that is left to the application, and at last to
    /// [`PickFirst`](crate::load_balancing::PickFirst) (F-18).
    ///
    /// In JSON it is the first policy of the list `loadBalancingConfig` whose name is known; policies of other names are
    /// for other clients. Without that list it is the one that `loadBalancingPolicy` names, in any case of letters, with
    /// its defaults.
    ///
    /// ```
    /// use ziggurat::service_config::{ServiceConfig, load_balancing::LoadBalancing};
    ///
    /// let config = ServiceConfig::from_json(
    ///     r#"{ "loadBalancingConfig": [{ "mine": { "spread": 3 } }, { "round_robin": {} }, { "pick_first": {} }] }"#,
    /// )?;
    /// assert_eq!(config.load_balancing(), Some(&LoadBalancing::RoundRobin));
    /// let older = ServiceConfig::from_json(r#"{ "loadBalancingPolicy": "ROUND_ROBIN" }"#)?;
    /// assert_eq!(older, config);
    /// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
    /// ```
    pub fn load_balancing(&self) -> Option<&LoadBalancing> {
        self.0.load_balancing.as_ref()
    }

    /// The service whose health is asked for; an empty name asks for the server's own, none for nothing (F-17).
    ///
    /// ```
    /// use ziggurat::service_config::ServiceConfig;
    ///
    /// let config = ServiceConfig::from_json(r#"{ "healthCheckConfig": { "serviceName": "" } }"#)?;
    /// assert_eq!(config.health_check_service(), Some(""));
    /// assert_eq!(ServiceConfig::from_json(r#"{ "healthCheckConfig": {} }"#)?.health_check_service(), None);
    /// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
    /// ```
    pub fn health_check_service(&self) -> Option<&str> {
        self.0.health_check_service.as_deref()
    }

    /// How many connections there may be to one address; the default is 1, and channels have a limit of their own
    /// (F-19).
    pub fn max_connections_per_subchannel(&self) -> Option<u32> {
        self.0.max_connections_per_subchannel
    }
}
