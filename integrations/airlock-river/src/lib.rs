//! Durable effects of airlock as jobs of [River](https://riverqueue.com), on SQLite and PostgreSQL.
//!
//! [`River`] stores the intents of durable effects as River jobs, in the caller's own transaction:
//! [`River::transaction`] is a transaction and a scope at once. A [worker](River::worker) performs them. The kind of a
//! job is the effect's id, and the job's arguments are the effect's, so River's own tools show them.

#![cfg(any(feature = "postgres", feature = "sqlite"))]

mod by_hand;
mod database;
mod error;
mod forward;
mod give;
mod hand_over;
mod handle;
mod migration;
mod order;
mod perform;
mod register;
mod row;
mod sql;
mod wake;
mod worker;

pub use airlock_durable::{BuildError, Keys, SealError};
pub use airlock_sqlx::{Recorded, TransactionError, savepoint};
pub use riverqueue;

pub use self::by_hand::ByHand;
pub use self::database::RiverDatabase;
pub use self::error::WorkerError;
pub use self::give::{CompletionGuard, CompletionTransaction, NoCompletion};
pub use self::handle::{River, RiverBuilder};
pub use self::migration::Migration;
pub use self::sql::{Rows, SQL_POSTGRES, SQL_SQLITE, SQL_SQLITE_NOTIFY};
pub use self::worker::{Running, WorkerBuilder};

#[doc(hidden)]
pub mod __private {
    pub use airlock_core::__private::inventory;

    pub use crate::__airlock_register_with_river as register_durable;
    pub use crate::register::Registration;
}

/// Registers a durable effect with the workers.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_register_with_river {
    ($intent:ty) => {
        $crate::__private::inventory::submit! {
            $crate::__private::Registration::new::<$intent>()
        }
    };
}
