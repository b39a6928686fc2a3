//! Durable effects on SQLite, compared with River used by hand.

#[path = "../src/mod.rs"]
mod durable;

use std::time::Duration;

use riverqueue::{Client, ClientBuilder, InsertBatch};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub(crate) type Db = sqlx::Sqlite;

pub(crate) const STORE: &str = "sqlite";

/// Inserts many rows in one statement. [`RAW_CLAIM`] claims a hundred.
pub(crate) const RAW_INSERT: &str = "INSERT INTO raw (payload) SELECT value FROM json_each($1)";
pub(crate) const RAW_TABLE: &str =
    "CREATE TABLE raw (id INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT)";
pub(crate) const RAW_CLAIM: &str =
    "DELETE FROM raw WHERE id IN (SELECT id FROM raw ORDER BY id LIMIT 100) RETURNING id";

/// Refreshes the table's statistics before workers are compared.
pub(crate) const TIDY: &str = "ANALYZE river_job";

/// The database of one run.
pub(crate) struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Ok(Self { folder })
    }

    pub(crate) fn url(&self) -> String {
        self.folder.path().join("bench.db").display().to_string()
    }
}

pub(crate) async fn connect(url: &str) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(url)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30));
    let pool = SqlitePoolOptions::new().max_connections(5);
    pool.connect_with(options).await
}

pub(crate) fn river(pool: SqlitePool) -> ClientBuilder {
    Client::builder(pool)
}

pub(crate) async fn insert_by_hand(
    client: &Client,
    pool: &SqlitePool,
    batch: InsertBatch,
) -> Result<(), airlock::BoxError> {
    let mut transaction = riverqueue::database::begin_sqlite_write(pool).await?;
    client.insert_batch(batch).tx(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    durable::main().await
}
