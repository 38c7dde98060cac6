//! A gRPC client built as a stack of tower layers over one shared HTTP/2 connection.
