//! Opening the database.

use std::time::Duration;

use airlock::nats::Nats;
use airlock::river::{BuildError, Keys, River, RiverDatabase};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Pool};
use tokio::time::sleep;

use super::Store;
use super::both::{Both, on_both};
use crate::error::StartError;

/// The maximum number of connections of a server.
const CONNECTIONS: u32 = 10;

/// The maximum number of effects that a worker performs or forwards at once. They share the connections with the
/// requests, and SQLite has a single writer.
pub(super) const EFFECTS: usize = 4;

/// The number of attempts to create the tables, and the delay after a failure.
const TRIES: usize = 10;
const TRY_AFTER: Duration = Duration::from_millis(300);

/// The maximum time that a SQLite transaction waits for another writer.
const BUSY: Duration = Duration::from_secs(20);

impl Store {
    /// Opens a database, and creates missing tables. `database` is `postgres://…`, or the path of a SQLite file, with
    /// or without the prefix `sqlite:`. The key seals redacted arguments.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn open(database: &str, key: [u8; 32]) -> Result<Self, StartError> {
        Self::opened(database, key, None).await
    }

    /// Opens a database as [`open`](Self::open) does, and forwards durable effects to JetStream.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn forwarding(database: &str, key: [u8; 32], nats: Nats) -> Result<Self, StartError> {
        Self::opened(database, key, Some(nats)).await
    }

    async fn opened(database: &str, key: [u8; 32], nats: Option<Nats>) -> Result<Self, StartError> {
        let keys = Keys::new(key);
        let is_postgres = database.starts_with("postgres://");
        let store = match is_postgres || database.starts_with("postgresql://") {
            true => Self::postgres(database, keys, nats).await?,
            false => Self::sqlite(database, keys, nats).await?,
        };
        // If two servers start at once, one fails to create a table that the other one is creating. A retry succeeds
        // when the table exists.
        for _ in 1..TRIES {
            match store.create_tables().await {
                Ok(()) => return Ok(store),
                Err(error) => tracing::info!(
                    error = &error as &dyn std::error::Error,
                    "could not create the tables, and tries again"
                ),
            }
            sleep(TRY_AFTER).await;
        }
        store.create_tables().await?;
        Ok(store)
    }

    async fn create_tables(&self) -> Result<(), StartError> {
        on_both!(&self.river, river => river.migrate().await)?;
        let serial = match &self.pool {
            Both::Sqlite(_) => "INTEGER PRIMARY KEY AUTOINCREMENT",
            Both::Postgres(_) => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        };
        let schema = include_str!("schema.sql").replace("SERIAL_NUMBER", serial);
        on_both!(&self.pool, pool => {
            sqlx::raw_sql(AssertSqlSafe(schema)).execute(pool).await.map(drop)
        })?;
        Ok(())
    }

    async fn sqlite(database: &str, keys: Keys, nats: Option<Nats>) -> Result<Self, StartError> {
        let options = match database.starts_with("sqlite:") {
            true => database.parse()?,
            false => SqliteConnectOptions::new().filename(database),
        };
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS);
        let pool = pool.connect_with(options).await?;
        Ok(Self {
            forwards: nats.is_some(),
            river: Both::Sqlite(river(pool.clone(), keys, nats)?),
            pool: Both::Sqlite(pool),
        })
    }

    async fn postgres(url: &str, keys: Keys, nats: Option<Nats>) -> Result<Self, StartError> {
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
        let pool = pool.connect(url).await?;
        Ok(Self {
            forwards: nats.is_some(),
            river: Both::Postgres(river(pool.clone(), keys, nats)?),
            pool: Both::Postgres(pool),
        })
    }
}

fn river<DB: RiverDatabase>(
    pool: Pool<DB>,
    keys: Keys,
    nats: Option<Nats>,
) -> Result<River<DB>, BuildError> {
    let river = River::builder(pool).keys(keys);
    match nats {
        Some(nats) => river.forward_all(nats).build(),
        None => river.build(),
    }
}
