//! Without a log, nobody is told.

use std::time::Duration;

use ziggurat_config::InvalidServiceConfig;
use ziggurat_transport::{Error, Target, channel::State};

pub(in crate::channel) fn resolved(_: &Target, _: usize, _: usize, _: usize) {}

pub(in crate::channel) fn unresolved(_: &Target, _: &Error, _: Option<Duration>) {}

pub(in crate::channel) fn invalid_config(_: &Target, _: &InvalidServiceConfig) {}

pub(in crate::channel) fn state(_: &Target, _: State) {}

pub(in crate::channel) fn unwatched(_: &Target) {}
