//! River on PostgreSQL.

mod connection;
#[path = "../suite/mod.rs"]
mod suite;
mod world;
