//! Savepoints as nested scopes.

use std::panic::resume_unwind;

use airlock_core::lifecycle::Outcome;
use sqlx::{Connection, Database};

use crate::TransactionError;

/// Runs work in a savepoint of a transaction, and in a scope nested in that of the transaction. If the work fails, its
/// writes are rolled back and its intents discarded; the transaction continues.
///
/// If this future is dropped while the savepoint is being set, sqlx rolls back the whole transaction. The commit then
/// fails.
///
/// # Errors
///
/// Returns the error of the work, or a [`TransactionError`] if the savepoint could not be set or released.
pub async fn savepoint<C, T, E>(
    connection: &mut C,
    work: impl AsyncFnOnce(&mut C) -> Result<T, E>,
) -> Result<T, E>
where
    C: Connection,
    C::Database: Database<Connection = C>,
    E: From<TransactionError>,
{
    let mut savepoint = connection.begin().await.map_err(TransactionError::Begin)?;
    let scope = airlock_core::scope().name("savepoint").open_owned();
    let (ended, scope) = {
        let inner = &mut *savepoint;
        scope.work(|| work(inner)).await
    };
    let result = match ended {
        Ok(Ok(value)) => match savepoint.commit().await {
            Ok(()) => Ok(value),
            Err(error) => Err(E::from(TransactionError::Commit(error))),
        },
        Ok(Err(error)) => {
            roll_back(savepoint).await;
            Err(error)
        }
        Err(panic) => {
            roll_back(savepoint).await;
            report_unhandled(scope.release(Outcome::Panic).dispatch_async().await);
            resume_unwind(panic);
        }
    };
    let flushed = scope
        .release(Outcome::from_result(&result))
        .dispatch_async()
        .await;
    match (result, flushed) {
        (Ok(value), Ok(_)) => Ok(value),
        (Ok(_), Err(error)) => Err(E::from(TransactionError::Flush(error))),
        (Err(error), flushed) => {
            report_unhandled(flushed);
            Err(error)
        }
    }
}

/// Rolls back a savepoint or transaction. If that fails, logs the error: the transaction ends with its connection.
pub(crate) async fn roll_back<DB: Database>(transaction: sqlx::Transaction<'_, DB>) {
    if let Err(error) = transaction.rollback().await {
        tracing::warn!(target: "airlock", %error, "a rollback failed: the connection ends it");
    }
}

/// Passes the error of a flush to `on_unhandled_error`, because the caller already gets another error.
pub(crate) fn report_unhandled<T>(flushed: Result<T, airlock_core::FlushError>) {
    if let Err(error) = flushed {
        error.report_unhandled();
    }
}
