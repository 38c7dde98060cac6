//! The scripted peer against the client of the h2 crate, over in-memory pipes and loopback.

#![allow(clippy::unwrap_used, reason = "set-up that fails is a failed test")]

mod client;
mod ending;
mod flow_control;
mod grpc;
mod receiving;
mod sending;
