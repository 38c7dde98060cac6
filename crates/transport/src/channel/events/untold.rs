//! Without a log, nobody is told.

use std::time::Duration;

use crate::{Error, Target};

pub(in crate::channel) fn connected(_: &Target) {}

pub(in crate::channel) fn failed(_: &Target, _: &Error, _: Duration) {}

pub(in crate::channel) fn left(_: &Target, _: &Error) {}

pub(in crate::channel) fn ping_less(_: &Target, _: Duration) {}
