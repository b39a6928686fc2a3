//! sqlx transactions as scopes.
//!
//! [`transaction`] runs work in a transaction and a scope at once. Effects are released after the commit, and none is
//! released if the transaction is rolled back. An engine of durable effects, such as River, stores their intents in the
//! same transaction ([`Store`]), so they exist if and only if the data does.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
mod commit;
mod database;
mod error;
#[cfg(any(feature = "axum", feature = "actix"))]
mod request;
mod run;
mod savepoint;
mod store;

pub use self::database::TransactionDatabase;
pub use self::error::{Recorded, TransactionError};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::request::Tx;
pub use self::run::{Transactions, transaction};
pub use self::savepoint::savepoint;
pub use self::store::{NoStore, Store};
