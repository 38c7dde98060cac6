//! Without a log, nobody is told.

use std::time::Duration;

use ziggurat_connect::Target;

use crate::Error;

pub(in crate::endpoint) fn connected(_: &Target) {}

pub(in crate::endpoint) fn failed(_: &Target, _: &Error, _: Duration) {}

pub(in crate::endpoint) fn left(_: &Target, _: &Error) {}

pub(in crate::endpoint) fn ping_less(_: &Target, _: Duration) {}
