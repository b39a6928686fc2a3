//! Tests of the middleware, the extractor and boundaries on handlers, in process and over loopback sockets.

mod after_response;
mod check;
mod endings_table;
mod fixture;
mod handlers;
mod nesting;
mod options;
mod origins;
mod outcomes;
mod server;
mod shield;
mod shutdown;
mod sockets;
mod sockets_h2;
