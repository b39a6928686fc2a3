//! Tests of transactions as scopes, without an engine of durable effects.

mod actix;
mod axum;
mod endings;
mod plain;
mod world;
