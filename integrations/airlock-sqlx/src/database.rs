//! The database operations that transactions need.

use std::future::Future;

use sqlx::{Database, Pool, Transaction};

/// A database whose transactions can be scopes: PostgreSQL with the feature `postgres`, SQLite with `sqlite`.
pub trait TransactionDatabase: Database + sealed::Sealed {
    /// Begins a transaction that can write.
    #[doc(hidden)]
    fn begin(
        pool: Pool<Self>,
    ) -> impl Future<Output = Result<Transaction<'static, Self>, sqlx::Error>> + Send;

    /// Returns an error if the work has ended the transaction, or if a statement whose error the program ignored has
    /// aborted it. If `stores` is `true`, a statement that stores rows follows, which would itself fail in an aborted
    /// transaction.
    #[doc(hidden)]
    fn check(
        connection: &mut Self::Connection,
        stores: bool,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Returns whether a `COMMIT` that failed with this error may have happened.
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
        to_its_end(async move { pool.begin().await }).await
    }

    async fn check(connection: &mut sqlx::PgConnection, stores: bool) -> Result<(), sqlx::Error> {
        if !sqlx::Connection::is_in_transaction(connection) {
            return Err(ended());
        }
        if stores {
            return Ok(());
        }
        // The `COMMIT` of an aborted transaction succeeds, but rolls back.
        sqlx::query("SELECT 1").execute(connection).await.map(drop)
    }

    fn leaves_open(error: &sqlx::Error) -> bool {
        let sqlx::Error::Database(error) = error else {
            return is_broken(error);
        };
        let code = error.code();
        // The connection was lost, or the server was shut down.
        code.is_some_and(|code| code.starts_with("08") || code.starts_with("57P"))
    }
}

#[cfg(feature = "sqlite")]
impl TransactionDatabase for sqlx::Sqlite {
    async fn begin(pool: Pool<Self>) -> Result<Transaction<'static, Self>, sqlx::Error> {
        // A deferred transaction that reads before it writes fails at once while another one writes.
        to_its_end(async move { pool.begin_with("BEGIN IMMEDIATE").await }).await
    }

    async fn check(connection: &mut sqlx::SqliteConnection, _: bool) -> Result<(), sqlx::Error> {
        if !sqlx::Connection::is_in_transaction(connection) {
            return Err(ended());
        }
        // Some errors roll a transaction back implicitly, and the statements after them commit one by one. `BEGIN`
        // fails within a transaction, so it tells the two cases apart.
        if sqlx::query("BEGIN")
            .execute(&mut *connection)
            .await
            .is_err()
        {
            return Ok(());
        }
        sqlx::query("ROLLBACK").execute(connection).await?;
        Err(ended())
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

/// Runs `begin` on a separate task. If a `BEGIN` were dropped half-way, the pool would get back a connection with an
/// open transaction.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
async fn to_its_end<T: Send + 'static>(
    begin: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
) -> Result<T, sqlx::Error> {
    match tokio::spawn(begin).await {
        Ok(begun) => begun,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(sqlx::Error::Io(std::io::Error::other(error))),
    }
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn ended() -> sqlx::Error {
    sqlx::Error::Protocol("the transaction was ended by its own work".to_owned())
}

/// Returns whether the error means that the connection broke.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn is_broken(error: &sqlx::Error) -> bool {
    use sqlx::Error;
    matches!(
        error,
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed
    )
}
