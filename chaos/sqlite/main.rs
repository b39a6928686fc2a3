//! Chaos on SQLite: producers and workers share one file.

#[path = "../driver/mod.rs"]
mod driver;
#[path = "../river/mod.rs"]
mod river;

use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub(crate) type Db = sqlx::Sqlite;

pub(crate) const PROGRAM: &str = "chaos-sqlite";

pub(crate) use self::river::{ROLES, count, play, set_up, unfinished};

/// The number of kills out of 256 that would hit the database. They hit a process instead.
pub(crate) const SERVER_KILLS: u8 = 25;

/// The database of one run.
pub(crate) struct Servers {
    folder: tempfile::TempDir,
}

impl Servers {
    pub(crate) fn start() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Ok(Self { folder })
    }

    pub(crate) fn url(&self) -> String {
        self.folder.path().join("chaos.db").display().to_string()
    }

    /// Does nothing: there is no server to kill, and a file outlives its processes.
    pub(crate) fn crash(&mut self, _: &mut fastrand::Rng) -> Result<bool, String> {
        Ok(false)
    }
}

pub(crate) async fn connect(url: &str) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(url)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30));
    let pool = SqlitePoolOptions::new().max_connections(4);
    pool.connect_with(options).await
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    driver::main().await
}
