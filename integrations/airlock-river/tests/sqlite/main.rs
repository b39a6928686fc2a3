//! River on SQLite.

#[path = "../suite/mod.rs"]
mod suite;
mod world;
