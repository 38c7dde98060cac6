use std::time::Duration;

use ziggurat_layers::{hedge::HedgingPolicy, retry::RetryPolicy};

/// What a config says about the calls of a method; what it leaves open is for the application and the defaults.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::service_config::MethodConfig;
///
/// let config = MethodConfig::builder()
///     .timeout(Duration::from_secs(5))
///     .wait_for_ready(true)
///     .build();
/// assert_eq!(config.timeout(), Some(Duration::from_secs(5)));
/// assert_eq!(config.max_request_message_bytes(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MethodConfig {
    wait_for_ready: Option<bool>,
    timeout: Option<Duration>,
    max_request_message_bytes: Option<usize>,
    max_response_message_bytes: Option<usize>,
    policy: Option<RetryOrHedgingPolicy>,
}

/// How the calls of a method are sent more than once: one way or the other, never both (C-3).
#[derive(Clone, Debug, PartialEq)]
pub enum RetryOrHedgingPolicy {
    /// Again, after a failure.
    Retry(RetryPolicy),
    /// Several times, before there is an answer.
    Hedging(HedgingPolicy),
}

impl MethodConfig {
    /// Begins one that says nothing.
    pub fn builder() -> MethodConfigBuilder {
        MethodConfigBuilder::default()
    }

    /// Whether calls wait for a connection, if they do not say so themselves (F-12).
    pub fn wait_for_ready(&self) -> Option<bool> {
        self.wait_for_ready
    }

    /// How long a call may take, from its start; a shorter timeout of the application's counts (F-13).
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// How large a message of a request may be, in bytes; a lower limit of the application's counts (F-14).
    ///
    /// Zero is a limit too: messages have to be empty.
    pub fn max_request_message_bytes(&self) -> Option<usize> {
        self.max_request_message_bytes
    }

    /// How large a message of an answer may be, in bytes; a lower limit of the application's counts (F-14).
    pub fn max_response_message_bytes(&self) -> Option<usize> {
        self.max_response_message_bytes
    }

    /// How calls are sent more than once; without it they are not, unless they never reached the server (C-5).
    pub fn retry_or_hedging_policy(&self) -> Option<&RetryOrHedgingPolicy> {
        self.policy.as_ref()
    }

    /// The policy of [`retry_or_hedging_policy`](Self::retry_or_hedging_policy), if it is one of retry.
    pub fn retry_policy(&self) -> Option<&RetryPolicy> {
        match &self.policy {
            Some(RetryOrHedgingPolicy::Retry(policy)) => Some(policy),
            _ => None,
        }
    }

    /// The policy of [`retry_or_hedging_policy`](Self::retry_or_hedging_policy), if it is one of hedging.
    pub fn hedging_policy(&self) -> Option<&HedgingPolicy> {
        match &self.policy {
            Some(RetryOrHedgingPolicy::Hedging(policy)) => Some(policy),
            _ => None,
        }
    }
}

/// Makes a [`MethodConfig`].
///
/// ```
/// use std::time::Duration;
/// use ziggurat::service_config::MethodConfig;
///
/// let config = MethodConfig::builder().timeout(Duration::from_secs(2)).wait_for_ready(true).build();
/// assert_eq!(config.timeout(), Some(Duration::from_secs(2)));
/// assert_eq!(config.max_request_message_bytes(), None);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a config is made by build"]
pub struct MethodConfigBuilder(MethodConfig);

impl MethodConfigBuilder {
    /// Whether calls wait for a connection, if they do not say so themselves.
    pub fn wait_for_ready(mut self, wait: bool) -> Self {
        self.0.wait_for_ready = Some(wait);
        self
    }

    /// How long a call may take, from its start.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// How large a message of a request may be, in bytes.
    pub fn max_request_message_bytes(mut self, bytes: usize) -> Self {
        self.0.max_request_message_bytes = Some(bytes);
        self
    }

    /// How large a message of an answer may be, in bytes.
    pub fn max_response_message_bytes(mut self, bytes: usize) -> Self {
        self.0.max_response_message_bytes = Some(bytes);
        self
    }

    /// How calls are sent more than once: a [`RetryPolicy`] or a [`HedgingPolicy`]. Of two that are given, the last counts.
    ///
    /// ```
    /// use ziggurat::{Code, layers::retry::RetryPolicy, service_config::MethodConfig};
    ///
    /// let policy = RetryPolicy::builder().retryable_codes([Code::Unavailable]).build()?;
    /// let config = MethodConfig::builder().retry_or_hedging_policy(policy).build();
    /// assert!(config.retry_policy().is_some() && config.hedging_policy().is_none());
    /// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
    /// ```
    pub fn retry_or_hedging_policy(mut self, policy: impl Into<RetryOrHedgingPolicy>) -> Self {
        self.0.policy = Some(policy.into());
        self
    }

    /// Makes the config.
    pub fn build(self) -> MethodConfig {
        self.0
    }
}

impl From<RetryPolicy> for RetryOrHedgingPolicy {
    fn from(policy: RetryPolicy) -> Self {
        Self::Retry(policy)
    }
}

impl From<HedgingPolicy> for RetryOrHedgingPolicy {
    fn from(policy: HedgingPolicy) -> Self {
        Self::Hedging(policy)
    }
}
