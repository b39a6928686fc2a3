//! Tests of the layer, from single calls to real sockets.

mod after_response;
mod auto_traits;
mod check;
mod endings_table;
mod extractor;
mod fixture;
mod handlers;
mod nested_streams;
mod nesting;
mod origins;
mod requests;
mod settings;
mod shield;
mod shutdown;
mod sockets;
