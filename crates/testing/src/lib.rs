//! What gRPC clients are tested with: a scripted HTTP/2 peer that logs every frame.
