//! Tests of River on PostgreSQL.

mod connection;
mod server;
#[path = "../suite/mod.rs"]
mod suite;
mod world;
