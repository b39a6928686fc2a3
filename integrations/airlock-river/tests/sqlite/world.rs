//! A database for one test.

use std::time::Duration;

use sqlx::Sqlite;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub(crate) type Db = Sqlite;

/// How a query shows arguments and metadata as text.
pub(crate) const JSON: &str = "json";

/// A JSON value in a statement.
pub(crate) fn jsonb(text: &str) -> String {
    format!("jsonb('{text}')")
}

/// Coalesce the database of a test.
pub(crate) struct Kept {
    _folder: tempfile::TempDir,
}

/// A new database: its URL, and what keeps it.
pub(crate) async fn database() -> (String, Kept) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = folder.path().join("test.db").display().to_string();
    (url, Kept { _folder: folder })
}

pub(crate) async fn connect(url: &str) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(url)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(20));
    let pool = SqlitePoolOptions::new().max_connections(5);
    pool.connect_with(options).await.expect("a database")
}
