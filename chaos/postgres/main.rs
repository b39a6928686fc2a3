//! Chaos on a private server of PostgreSQL, which is killed, too.

#[path = "../src/mod.rs"]
mod chaos;

use std::time::Duration;

use airlock_servers::Postgres;
use sqlx::postgres::{PgPool, PgPoolOptions};

pub(crate) type Db = sqlx::Postgres;

pub(crate) const PROGRAM: &str = "chaos-postgres";

/// The database of one run.
pub(crate) struct Server {
    postgres: Postgres,
}

impl Server {
    pub(crate) fn start() -> Result<Self, String> {
        // What a process has written outlives it without `fsync`; only a power failure would not.
        let postgres = Postgres::start(&["fsync=off"])?;
        Ok(Self { postgres })
    }

    pub(crate) fn url(&self) -> String {
        self.postgres.url("postgres")
    }

    /// Kills all processes of the server, and starts it again.
    pub(crate) fn crash(&mut self) -> Result<bool, String> {
        self.postgres.crash_and_restart()?;
        Ok(true)
    }
}

pub(crate) async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(8);
    pool.acquire_timeout(Duration::from_secs(30))
        .connect(url)
        .await
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    chaos::main().await
}
