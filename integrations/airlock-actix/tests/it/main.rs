//! The middleware, the extractor and boundaries on handlers, in process and over loopback sockets.

mod fixture;
mod options;
mod outcomes;
