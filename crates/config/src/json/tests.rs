//! Texts, and what is read of them.

mod broken;
mod broken_policies;
mod load_balancing;
mod values;

use crate::{InvalidServiceConfig, MethodConfig, ServiceConfig};

/// The config of this text.
#[track_caller]
fn config(text: &str) -> ServiceConfig {
    ServiceConfig::from_json(text).unwrap()
}

/// What is said of a method in a config of one entry, of these fields.
#[track_caller]
fn entry(fields: &str) -> MethodConfig {
    let text = format!(r#"{{ "methodConfig": [{{ "name": [{{}}], {fields} }}] }}"#);
    config(&text).method("/any.Service/Method").unwrap().clone()
}

#[track_caller]
fn invalid(text: &str) -> InvalidServiceConfig {
    ServiceConfig::from_json(text).unwrap_err()
}

/// Asserts that these are all violations of a text, in their order.
#[track_caller]
fn assert_violations(text: &str, expected: &[&str]) {
    let invalid = invalid(text);
    let found: Vec<_> = invalid
        .violations()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, expected, "{text}");
}
