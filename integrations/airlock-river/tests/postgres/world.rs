//! A database for one test.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use airlock_servers::Postgres;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub(crate) type Db = sqlx::Postgres;

/// How a query shows arguments and metadata as text.
pub(crate) const JSON: &str = "text";

/// Of the databases of this process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

static SERVER: OnceLock<Postgres> = OnceLock::new();

/// A JSON value in a statement.
pub(crate) fn jsonb(text: &str) -> String {
    format!("'{text}'::jsonb")
}

/// Coalesce the database of a test.
pub(crate) struct Kept;

fn server() -> &'static Postgres {
    SERVER.get_or_init(|| match Postgres::shared() {
        Ok(server) => server,
        Err(why) => panic!("{why}"),
    })
}

/// A new database: its URL, and what keeps it.
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
