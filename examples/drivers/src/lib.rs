//! Durable effects as River jobs in the caller's own transaction, with drivers other than sqlx: one module per
//! driver.

pub mod diesel;
pub mod diesel_async;
pub mod effects;
pub mod rusqlite;
mod schema;
pub mod sea_orm;
pub mod tokio_postgres;
