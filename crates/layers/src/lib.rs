//! The floors of a gRPC call as tower layers, each usable alone.
