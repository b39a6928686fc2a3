//! Tests of River on SQLite.

mod limits;
#[path = "../suite/mod.rs"]
mod suite;
mod world;
