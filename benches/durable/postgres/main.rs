//! Durable effects on a private PostgreSQL server, compared with River used by hand.

#[path = "../src/mod.rs"]
mod durable;

use airlock_servers::Postgres;
use riverqueue::{Client, ClientBuilder, InsertBatch};
use sqlx::postgres::{PgPool, PgPoolOptions};

pub(crate) type Db = sqlx::Postgres;

pub(crate) const STORE: &str = "postgres";

/// Inserts many rows in one statement. [`RAW_CLAIM`] claims a hundred.
pub(crate) const RAW_INSERT: &str =
    "INSERT INTO raw (payload) SELECT value FROM jsonb_array_elements($1::text::jsonb) AS value";
pub(crate) const RAW_TABLE: &str =
    "CREATE TABLE raw (id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY, payload JSONB)";
pub(crate) const RAW_CLAIM: &str = "DELETE FROM raw WHERE id = ANY (ARRAY(
    SELECT id FROM raw ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)) RETURNING id";

/// Refreshes the table before workers are compared.
pub(crate) const TIDY: &str = "VACUUM ANALYZE river_job";

/// The database server of one run.
pub(crate) struct Server {
    postgres: Postgres,
}

impl Server {
    pub(crate) fn start() -> Result<Self, String> {
        let postgres = Postgres::start(&["shared_buffers=512MB"])?;
        Ok(Self { postgres })
    }

    pub(crate) fn url(&self) -> String {
        self.postgres.url("postgres")
    }
}

pub(crate) async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new().max_connections(8).connect(url).await
}

pub(crate) fn river(pool: PgPool) -> ClientBuilder {
    Client::builder(pool)
}

pub(crate) async fn insert_by_hand(
    client: &Client,
    pool: &PgPool,
    batch: InsertBatch,
) -> Result<(), airlock::BoxError> {
    let mut transaction = riverqueue::database::begin_postgres(pool).await?;
    client.insert_batch(batch).tx(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    durable::main().await
}
