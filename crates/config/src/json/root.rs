//! The whole config, and what it says of the channel.

use std::str::FromStr;

use super::{
    fields::Fields,
    load_balancing, method, policy,
    reading::{Node, Path, Reading},
    scalar,
};
use crate::{InvalidServiceConfig, ServiceConfig, config::Settings};

impl ServiceConfig {
    /// Reads a config from its JSON (feature `json`).
    ///
    /// Fields have the specification's names, in lowerCamelCase or in snake_case, and values are what proto3's mapping
    /// to JSON makes of them: durations are strings such as `"1.5s"`, whole numbers may stand in quotes or be written
    /// as `1e3`, `null` is what was not set (F-1). Fields that are not known are ignored (F-2); all others are checked,
    /// also in entries that name no method. More attempts than a channel allows are no error: the channel takes fewer.
    ///
    /// It takes time and memory in proportion to the text, however deep that is.
    ///
    /// # Errors
    ///
    /// The text is no JSON, or fields are not what they have to be: all are named, each with its path, up to 100 of them.
    ///
    /// ```
    /// use ziggurat::service_config::ServiceConfig;
    ///
    /// let invalid = ServiceConfig::from_json(r#"{ "methodConfig": [{ "timeout": "-1s" }] }"#).unwrap_err();
    /// assert_eq!(invalid.violations()[0].path(), "methodConfig[0].timeout");
    /// assert_eq!(invalid.violations()[0].problem(), r#"is "-1s": it must not be negative"#);
    /// ```
    pub fn from_json(text: &str) -> Result<Self, InvalidServiceConfig> {
        let root = serde_json::from_str(text).map_err(no_json)?;
        let mut reading = Reading::default();
        let settings = settings(Node::new(root, &Path::Root), &mut reading);
        InvalidServiceConfig::if_any(reading.into_violations())?;
        Ok(Self::new(settings.unwrap_or_default()))
    }
}

/// As [`from_json`](ServiceConfig::from_json).
impl FromStr for ServiceConfig {
    type Err = InvalidServiceConfig;

    fn from_str(text: &str) -> Result<Self, InvalidServiceConfig> {
        Self::from_json(text)
    }
}

fn no_json(error: serde_json::Error) -> InvalidServiceConfig {
    let position = (error.line(), error.column());
    InvalidServiceConfig::no_json(error.into(), position)
}

fn settings(root: Node<'_, '_>, reading: &mut Reading) -> Option<Settings> {
    let fields = Fields::of(root, reading)?;
    Some(Settings {
        load_balancing: load_balancing::policy(&fields, reading),
        methods: method::methods(&fields, reading),
        retry_throttling: fields.object("retryThrottling", policy::throttling, reading),
        health_check_service: fields
            .object(
                "healthCheckConfig",
                |health, reading| health.read("serviceName", scalar::string, reading),
                reading,
            )
            .map(Into::into),
        max_connections_per_subchannel: fields.object(
            "connectionScaling",
            |scaling, reading| scaling.read("maxConnectionsPerSubchannel", scalar::uint32, reading),
            reading,
        ),
    })
}
