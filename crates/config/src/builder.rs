use crate::{
    InvalidServiceConfig, MethodConfig, RetryThrottling, ServiceConfig, Violation,
    config::Settings,
    invalid::Violations,
    load_balancing::LoadBalancing,
    methods::{Collected, Taken},
};

/// Makes a [`ServiceConfig`], which is checked as a whole in the end.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::{
///     Method,
///     service_config::{MethodConfig, RetryThrottling, ServiceConfig},
/// };
///
/// const MAKE: Method<String, String> = Method::new("/cafe.v1.Machine/Make");
///
/// let within = |seconds| MethodConfig::builder().timeout(Duration::from_secs(seconds)).build();
/// let config = ServiceConfig::builder()
///     .all_methods(within(1))
///     .service("cafe.v1.Machine", within(5))
///     .method(MAKE.path(), within(30))
///     .retry_throttling(RetryThrottling::new(10, 0.1)?)
///     .build()?;
/// let timeout = |path| config.method(path).and_then(MethodConfig::timeout);
/// assert_eq!(timeout(MAKE.path()), Some(Duration::from_secs(30)));
/// assert_eq!(timeout("/cafe.v1.Machine/Clean"), Some(Duration::from_secs(5)));
/// assert_eq!(timeout("/cafe.v1.Till/Open"), Some(Duration::from_secs(1)));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a config is made by build"]
pub struct ServiceConfigBuilder {
    methods: Collected,
    settings: Settings,
    violations: Violations,
}

impl ServiceConfig {
    /// Begins one that says nothing.
    pub fn builder() -> ServiceConfigBuilder {
        ServiceConfigBuilder::default()
    }
}

impl ServiceConfigBuilder {
    /// How calls of this method are made; the path is `/package.Service/Method`, as [`Method::path`] gives it.
    ///
    /// What the config leaves open is left to the application: an entry of the service adds nothing to it (F-11).
    ///
    /// [`Method::path`]: ziggurat_protocol::Method::path
    pub fn method(self, path: &str, config: MethodConfig) -> Self {
        let names = path
            .strip_prefix('/')
            .and_then(|path| path.rsplit_once('/'));
        let names = names.filter(|(service, method)| !service.is_empty() && !method.is_empty());
        let call = format!("method({path:?})");
        match names {
            Some((service, method)) => self.insert(call, service, method, config),
            None => self.refuse(
                call,
                "is no method: it must be written as /package.Service/Method",
            ),
        }
    }

    /// How calls of the methods of this service are made that have no config of their own; the name is `package.Service`.
    pub fn service(self, name: &str, config: MethodConfig) -> Self {
        let call = format!("service({name:?})");
        if name.is_empty() || name.contains('/') {
            return self.refuse(call, "is no service: it must be written as package.Service");
        }
        self.insert(call, name, "", config)
    }

    /// How calls of all other methods are made.
    pub fn all_methods(self, config: MethodConfig) -> Self {
        self.insert("all_methods".to_owned(), "", "", config)
    }

    /// When calls are no longer sent again, since too many fail; by default that never happens.
    pub fn retry_throttling(mut self, throttling: RetryThrottling) -> Self {
        self.settings.retry_throttling = Some(throttling);
        self
    }

    /// How load is balanced; of two policies that are given, the last counts.
    ///
    /// ```
    /// use ziggurat::service_config::{ServiceConfig, load_balancing::PickFirst};
    ///
    /// let config = ServiceConfig::builder().load_balancing(PickFirst::shuffled()).build()?;
    /// assert_eq!(config.load_balancing(), Some(&PickFirst::shuffled().into()));
    /// # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
    /// ```
    pub fn load_balancing(mut self, policy: impl Into<LoadBalancing>) -> Self {
        self.settings.load_balancing = Some(policy.into());
        self
    }

    /// The service whose health is asked for, empty for the server's own; by default nothing is asked.
    pub fn health_check_service(mut self, name: &str) -> Self {
        self.settings.health_check_service = Some(name.into());
        self
    }

    /// How many connections there may be to one address; the default is 1.
    pub fn max_connections_per_subchannel(mut self, count: u32) -> Self {
        self.settings.max_connections_per_subchannel = Some(count);
        self
    }

    /// Makes the config.
    ///
    /// # Errors
    ///
    /// All that cannot be so: a method or a service that is not written as one, or that is there twice (F-10).
    ///
    /// ```
    /// use ziggurat::service_config::{MethodConfig, ServiceConfig};
    ///
    /// let config = ServiceConfig::builder().method("Make", MethodConfig::default());
    /// assert_eq!(
    ///     config.build().unwrap_err().to_string(),
    ///     r#"the service config is invalid: method("Make") is no method: it must be written as /package.Service/Method"#,
    /// );
    /// ```
    pub fn build(self) -> Result<ServiceConfig, InvalidServiceConfig> {
        InvalidServiceConfig::if_any(self.violations)?;
        Ok(ServiceConfig::new(Settings {
            methods: self.methods.into(),
            ..self.settings
        }))
    }

    fn insert(mut self, call: String, service: &str, method: &str, config: MethodConfig) -> Self {
        match self.methods.insert(service, method, config) {
            Ok(()) => self,
            Err(Taken) => self.refuse(call, Taken::PROBLEM),
        }
    }

    fn refuse(mut self, call: String, problem: &'static str) -> Self {
        self.violations.push(|| Violation::new(call, problem));
        self
    }
}
