//! The database: SQLite or PostgreSQL, with the shop's tables and River's.

mod both;
mod open;
mod reading;
mod rows;
mod transaction;

use airlock::Airlock;
use airlock::river::{River, Running};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{Postgres, Sqlite};

use self::both::{Both, on_both};
pub(crate) use self::transaction::Transaction;
use crate::error::{ShopError, StartError};
use crate::settings::{LOST_AFTER, WORKER_PATIENCE};

/// The database. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Both<SqlitePool, PgPool>,
    river: Both<River<Sqlite>, River<Postgres>>,
    /// `true` if River forwards the durable effects instead of performing them.
    forwards: bool,
}

impl Store {
    /// Runs work in a transaction that is a scope. The intents of durable effects are stored in it, so that they
    /// exist if and only if the data does.
    pub(crate) async fn transaction<T>(
        &self,
        name: &'static str,
        work: impl AsyncFnOnce(Transaction<'_>) -> Result<T, ShopError>,
    ) -> Result<T, ShopError> {
        match &self.river {
            Both::Sqlite(river) => {
                let transactions = river.transactions().scope(|scope| scope.name(name));
                let work = async |connection: &mut sqlx::SqliteConnection| {
                    work(Transaction::on(Both::Sqlite(connection))).await
                };
                transactions.run(work).await
            }
            Both::Postgres(river) => {
                let transactions = river.transactions().scope(|scope| scope.name(name));
                let work = async |connection: &mut sqlx::PgConnection| {
                    work(Transaction::on(Both::Postgres(connection))).await
                };
                transactions.run(work).await
            }
        }
    }

    /// Makes River the executor of durable effects in an airlock, including those that are enqueued outside of a
    /// transaction.
    pub(crate) fn executor_of(&self, airlock: airlock::AirlockBuilder) -> airlock::AirlockBuilder {
        on_both!(&self.river, river => airlock.executor(river.clone()))
    }

    pub(crate) fn forwards(&self) -> bool {
        self.forwards
    }

    /// Starts a worker that performs durable effects in an airlock, or forwards all of them.
    pub(crate) fn work(&self, airlock: Airlock) -> Result<Running, StartError> {
        let running = on_both!(&self.river, river => match self.forwards {
                true => river.forwarder(),
                false => river.worker(airlock),
            }
            .concurrency(open::EFFECTS)
            .rescue_after(LOST_AFTER)
            .stop_within(WORKER_PATIENCE)
            .start());
        Ok(running?)
    }

    /// Closes all connections.
    pub async fn close(&self) {
        on_both!(&self.pool, pool => pool.close().await);
    }
}
