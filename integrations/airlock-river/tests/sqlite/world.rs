//! A database for one test.

use std::time::Duration;

use sqlx::Sqlite;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub(crate) type Db = Sqlite;

/// The SQL function with which queries show arguments and metadata as text.
pub(crate) const JSON: &str = "json";

/// Returns a JSON value for a statement.
pub(crate) fn jsonb(text: &str) -> String {
    format!("jsonb('{text}')")
}

/// A guard that keeps the database of a test.
pub(crate) struct Kept {
    _folder: tempfile::TempDir,
}

/// Creates a database. Returns its URL, and the guard that keeps it.
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
