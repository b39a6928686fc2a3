//! A database for one test.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use airlock_servers::Postgres;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub(crate) type Db = sqlx::Postgres;

/// The SQL function with which queries show arguments and metadata as text.
pub(crate) const JSON: &str = "text";

/// The number of databases created by this process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

static SERVER: OnceLock<Postgres> = OnceLock::new();

/// Returns a JSON value for a statement.
pub(crate) fn jsonb(text: &str) -> String {
    format!("'{text}'::jsonb")
}

/// A guard that keeps the database of a test.
pub(crate) struct Kept;

fn server() -> &'static Postgres {
    SERVER.get_or_init(|| match Postgres::shared() {
        Ok(server) => server,
        Err(why) => panic!("{why}"),
    })
}

/// Creates a database. Returns its URL, and the guard that keeps it.
pub(crate) async fn database() -> (String, Kept) {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("t{}_{number}", std::process::id());
    let mut admin = PgConnection::connect(&server().url("postgres"))
        .await
        .expect("a connection");
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut admin)
        .await
        .expect("a database");
    (server().url(&name), Kept)
}

pub(crate) async fn connect(url: &str) -> PgPool {
    let pool = PgPoolOptions::new().max_connections(8);
    pool.connect(url).await.expect("a database")
}
