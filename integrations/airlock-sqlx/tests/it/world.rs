//! A database for one test, and an effect that records its calls.

use std::sync::{Arc, Mutex};

use airlock::Airlock;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{Connection, SqliteConnection};

/// The mails that were sent.
#[derive(Debug, Default)]
pub(crate) struct Left(Mutex<Vec<String>>);

/// Sends a mail about an order.
#[airlock::effect]
pub(crate) fn mail(#[resource] left: &Left, about: String) {
    left.0.lock().expect("no panic").push(about);
}

pub(crate) struct World {
    pub(crate) pool: SqlitePool,
    pub(crate) airlock: Airlock,
    left: Arc<Left>,
    file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true);
        let pool = SqlitePoolOptions::new()
            .connect_with(options)
            .await
            .expect("a database");
        for table in [
            "CREATE TABLE orders (id INTEGER PRIMARY KEY)",
            // An item without an order fails at the commit.
            "CREATE TABLE items (of INTEGER REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED)",
        ] {
            sqlx::query(table).execute(&pool).await.expect("a table");
        }
        let left = Arc::new(Left::default());
        let builder = Airlock::builder().resource(left.clone());
        Self {
            pool,
            airlock: builder.build().expect("an airlock"),
            left,
            file,
            _folder: folder,
        }
    }

    pub(crate) fn left(&self) -> Vec<String> {
        self.left.0.lock().expect("no panic").clone()
    }

    /// Returns the committed orders, as another connection sees them.
    pub(crate) async fn orders(&self) -> Vec<i64> {
        let url = self.file.display().to_string();
        let mut other = SqliteConnection::connect(&url).await.expect("a connection");
        let query = sqlx::query_scalar("SELECT id FROM orders ORDER BY id");
        query.fetch_all(&mut other).await.expect("orders")
    }
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    order: i64,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order);
    insert.execute(connection).await.map(drop)
}

/// Makes the commit fail.
pub(crate) async fn insert_item_of_nothing(
    connection: &mut SqliteConnection,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query("INSERT INTO items (of) VALUES (99)");
    insert.execute(connection).await.map(drop)
}
