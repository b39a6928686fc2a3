//! What transactions need of a database.

use std::future::Future;

use sqlx::{Database, Pool, Transaction};

/// A database whose transactions can be scopes: PostgreSQL with the feature `postgres`, SQLite with `sqlite`.
pub trait TransactionDatabase: Database + sealed::Sealed {
    /// Begins a transaction that can write.
    #[doc(hidden)]
    fn begin(
        pool: Pool<Self>,
    ) -> impl Future<Output = Result<Transaction<'static, Self>, sqlx::Error>> + Send;

    /// An error if the transaction was aborted by a statement whose error the program ignored.
    #[doc(hidden)]
    fn check(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Whether a `COMMIT` that failed so may have happened.
    #[doc(hidden)]
    fn leaves_open(error: &sqlx::Error) -> bool;
}

mod sealed {
    pub trait Sealed {}

    #[cfg(feature = "postgres")]
    impl Sealed for sqlx::Postgres {}

    #[cfg(feature = "sqlite")]
    impl Sealed for sqlx::Sqlite {}
}

#[cfg(feature = "postgres")]
impl TransactionDatabase for sqlx::Postgres {
    async fn begin(pool: Pool<Self>) -> Result<Transaction<'static, Self>, sqlx::Error> {
        pool.begin().await
    }

    async fn check(connection: &mut sqlx::PgConnection) -> Result<(), sqlx::Error> {
        // The `COMMIT` of an aborted transaction succeeds, and rolls back.
        sqlx::query("SELECT 1").execute(connection).await.map(drop)
    }

    fn leaves_open(error: &sqlx::Error) -> bool {
        let sqlx::Error::Database(error) = error else {
            return is_broken(error);
        };
        let code = error.code();
        // The connection was lost, or the server was stopped.
        code.is_some_and(|code| code.starts_with("08") || code.starts_with("57P"))
    }
}

#[cfg(feature = "sqlite")]
impl TransactionDatabase for sqlx::Sqlite {
    async fn begin(pool: Pool<Self>) -> Result<Transaction<'static, Self>, sqlx::Error> {
        // A transaction that reads before it writes would fail at once where another one writes.
        pool.begin_with("BEGIN IMMEDIATE").await
    }

    async fn check(_: &mut sqlx::SqliteConnection) -> Result<(), sqlx::Error> {
        Ok(())
    }

    fn leaves_open(error: &sqlx::Error) -> bool {
        const SQLITE_IOERR: i32 = 10;
        let sqlx::Error::Database(error) = error else {
            return is_broken(error);
        };
        let code = error.code().and_then(|code| code.parse::<i32>().ok());
        code.is_some_and(|code| code & 0xff == SQLITE_IOERR)
    }
}

/// Whether the connection broke.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn is_broken(error: &sqlx::Error) -> bool {
    use sqlx::Error;
    matches!(
        error,
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed
    )
}
