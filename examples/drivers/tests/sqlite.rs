//! The SQLite drivers.

mod suite;

use std::time::Duration;

use airlock::river::Rows;
use airlock::{BoxError, Intent};
use diesel::connection::SimpleConnection;
use diesel::result::Error;
use diesel::{Connection as _, SqliteConnection};
use rusqlite::Connection;
use sea_orm::{ConnectionTrait, DatabaseConnection, SqlxSqliteConnector, TransactionTrait};
use sqlx::SqlitePool;

use self::suite::{Driver, End, insert_order};

mod world {
    use airlock::BoxError;
    use sqlx::SqlitePool;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

    pub(crate) type Db = sqlx::Sqlite;

    /// Keeps the database file of a test until it is dropped.
    pub(crate) struct Kept {
        _folder: tempfile::TempDir,
    }

    pub(crate) async fn database() -> Result<(String, Kept), BoxError> {
        let folder = tempfile::tempdir()?;
        let url = folder.path().join("test.db").display().to_string();
        Ok((url, Kept { _folder: folder }))
    }

    pub(crate) async fn connect(url: &str) -> Result<SqlitePool, BoxError> {
        let options = SqliteConnectOptions::new()
            .filename(url)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        Ok(SqlitePool::connect_with(options).await?)
    }

    /// Reads the notifications that wake workers.
    pub(crate) struct Wakes(SqlitePool);

    impl Wakes {
        pub(crate) async fn listen(pool: &SqlitePool) -> Result<Self, BoxError> {
            Ok(Self(pool.clone()))
        }

        pub(crate) async fn woken(&mut self) -> Result<bool, BoxError> {
            let topics = "SELECT topic FROM river_notification";
            let topics: Vec<String> = sqlx::query_scalar(topics).fetch_all(&self.0).await?;
            Ok(topics == ["river_insert"])
        }
    }
}

impl Driver for Connection {
    async fn connect(url: &str, _: &SqlitePool) -> Result<Self, BoxError> {
        let connection = Self::open(url)?;
        connection.busy_timeout(Duration::from_secs(20))?;
        Ok(connection)
    }

    async fn place_order(&mut self, order: i64, intent: Intent) -> Result<(), BoxError> {
        drivers::rusqlite::place_order(self, order, &intent)
    }

    async fn store(&mut self, order: i64, rows: &Rows, end: End) -> Result<(), BoxError> {
        let transaction = self.transaction()?;
        transaction.execute_batch(&insert_order(order))?;
        drivers::rusqlite::store(&transaction, rows)?;
        match end {
            End::Commit => transaction.commit()?,
            End::Rollback => transaction.rollback()?,
        }
        Ok(())
    }
}

impl Driver for SqliteConnection {
    async fn connect(url: &str, _: &SqlitePool) -> Result<Self, BoxError> {
        let mut connection = Self::establish(url)?;
        connection.batch_execute("PRAGMA busy_timeout = 20000")?;
        Ok(connection)
    }

    async fn place_order(&mut self, order: i64, intent: Intent) -> Result<(), BoxError> {
        drivers::diesel::place_order(self, order, &intent)
    }

    async fn store(&mut self, order: i64, rows: &Rows, end: End) -> Result<(), BoxError> {
        let work = |connection: &mut Self| {
            connection.batch_execute(&insert_order(order))?;
            drivers::diesel::store(connection, rows)?;
            match end {
                End::Commit => Ok(()),
                End::Rollback => Err(Error::RollbackTransaction),
            }
        };
        match self.immediate_transaction::<(), _, _>(work) {
            Err(Error::RollbackTransaction) => Ok(()),
            ended => Ok(ended?),
        }
    }
}

impl Driver for DatabaseConnection {
    async fn connect(_: &str, pool: &SqlitePool) -> Result<Self, BoxError> {
        Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone()))
    }

    async fn place_order(&mut self, order: i64, intent: Intent) -> Result<(), BoxError> {
        drivers::sea_orm::place_order(self, order, intent).await
    }

    async fn store(&mut self, order: i64, rows: &Rows, end: End) -> Result<(), BoxError> {
        let transaction = self.begin().await?;
        transaction.execute_unprepared(&insert_order(order)).await?;
        drivers::sea_orm::store(&transaction, rows).await?;
        match end {
            End::Commit => transaction.commit().await?,
            End::Rollback => transaction.rollback().await?,
        }
        Ok(())
    }
}

suite::tests! {
    with_rusqlite rusqlite::Connection
    with_diesel diesel::SqliteConnection
    with_sea_orm sea_orm::DatabaseConnection
}
