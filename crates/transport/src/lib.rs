//! One HTTP/2 connection to a server, made when it is needed and shared by every call.
