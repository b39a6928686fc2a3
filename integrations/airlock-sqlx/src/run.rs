//! Running work in a transaction that is a scope.

use std::fmt;
use std::panic::resume_unwind;

use airlock_core::lifecycle::Outcome;
use airlock_core::{OwnedScope, ScopeBuilder};
use sqlx::Pool;

use crate::commit::{Committer, commit, not_stored, record};
use crate::savepoint::{report_unhandled, roll_back};
use crate::{NoStore, Store, TransactionDatabase, TransactionError};

/// Runs work in a transaction and in a scope: it is committed if the work returns `Ok`, and its effects leave after
/// the commit. An error, a panic and a dropped future roll back, and discard what was enqueued.
///
/// Within another scope, what would leave is captured by that scope after the commit, as ever.
///
/// # Errors
///
/// What the work returned, or [`TransactionError`].
///
/// # Panics
///
/// Outside of a runtime of tokio, and if the work does.
pub async fn transaction<DB, T, E>(
    pool: &Pool<DB>,
    work: impl AsyncFnOnce(&mut DB::Connection) -> Result<T, E>,
) -> Result<T, E>
where
    DB: TransactionDatabase,
    E: From<TransactionError>,
{
    Transactions::new(pool.clone()).run(work).await
}

/// How transactions are opened as scopes: from which pool, with which engine, and what their scopes say.
#[must_use = "a transaction begins when it is run"]
pub struct Transactions<DB: TransactionDatabase, S = NoStore> {
    pool: Pool<DB>,
    scope: ScopeBuilder,
    store: Option<S>,
}

impl<DB: TransactionDatabase> Transactions<DB> {
    /// Transactions from a pool, without an engine.
    pub fn new(pool: Pool<DB>) -> Self {
        Self {
            pool,
            scope: airlock_core::scope().name("transaction"),
            store: None,
        }
    }

    /// Lets an engine store durable intents in the transaction.
    pub fn store<S: Store<DB>>(self, store: S) -> Transactions<DB, S> {
        Transactions {
            pool: self.pool,
            scope: self.scope,
            store: Some(store),
        }
    }
}

impl<DB: TransactionDatabase, S: Store<DB>> Transactions<DB, S> {
    /// Changes what the scope says: its name, policies, origin and so on.
    pub fn scope(mut self, change: impl FnOnce(ScopeBuilder) -> ScopeBuilder) -> Self {
        self.scope = change(self.scope);
        self
    }

    /// Runs work in a transaction: see [`transaction`].
    ///
    /// # Errors
    ///
    /// As [`transaction`].
    pub async fn run<T, E>(
        self,
        work: impl AsyncFnOnce(&mut DB::Connection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<TransactionError>,
    {
        let begun = DB::begin(self.pool.clone()).await;
        let mut transaction = begun.map_err(TransactionError::Begin)?;
        let (store, scope) = self.open();
        let (ended, scope) = {
            let connection = &mut *transaction;
            scope.work(|| work(connection)).await
        };
        match ended {
            Ok(Ok(value)) => match commit(&self.pool, Some(transaction), scope, store).await {
                Ok(()) => Ok(value),
                Err(error) => Err(E::from(error)),
            },
            Ok(Err(error)) => {
                roll_back(transaction).await;
                report_unhandled(scope.release(Outcome::Failure).dispatch_async().await);
                Err(error)
            }
            Err(panic) => {
                roll_back(transaction).await;
                report_unhandled(scope.release(Outcome::Panic).dispatch_async().await);
                resume_unwind(panic)
            }
        }
    }

    /// Runs work in a transaction that the caller began, and commits. Durable intents are stored in it at the end of
    /// the work; the others leave then, so that a scope around the commit has to hold them.
    ///
    /// # Errors
    ///
    /// What the work returned, or [`TransactionError`]. Then roll back, also where the error says that something was
    /// committed or rolled back: that is the caller's to do.
    pub async fn run_in<T, E>(
        self,
        connection: &mut DB::Connection,
        work: impl AsyncFnOnce(&mut DB::Connection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<TransactionError>,
    {
        let (store, scope) = self.open();
        let (ended, scope) = {
            let connection = &mut *connection;
            scope.work(|| work(connection)).await
        };
        let (outcome, result) = match ended {
            Ok(result) => (Outcome::from_result(&result), result),
            Err(panic) => {
                report_unhandled(scope.release(Outcome::Panic).dispatch_async().await);
                resume_unwind(panic)
            }
        };
        let value = match result {
            Ok(value) => value,
            Err(error) => {
                report_unhandled(scope.release(outcome).dispatch_async().await);
                return Err(error);
            }
        };
        let mut recording = scope.record();
        let stores = recording.batch().is_some();
        if let Err(error) = DB::check(connection, stores).await {
            report_unhandled(recording.release(Outcome::Failure).dispatch_async().await);
            return Err(E::from(TransactionError::Commit(error)));
        }
        match record(
            &mut recording,
            store.as_ref(),
            connection,
            Committer::Caller,
        )
        .await
        {
            Ok(recorded) => recorded.complete(&mut recording),
            Err(error) => return Err(E::from(not_stored(recording, error).await)),
        }
        let flushed = recording.release(Outcome::Success).dispatch_async().await;
        match flushed {
            Ok(_) => Ok(value),
            Err(error) => Err(E::from(TransactionError::Flush(error))),
        }
    }

    /// A scope of a transaction, and what stores in it.
    pub(crate) fn open(&self) -> (Option<S>, OwnedScope) {
        let (store, scope) = (self.store.clone(), self.scope.clone());
        let scope = match store.clone() {
            Some(store) => scope.executor(store),
            None => scope,
        };
        (store, scope.open_owned())
    }

    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) fn pool(&self) -> &Pool<DB> {
        &self.pool
    }
}

impl<DB: TransactionDatabase, S: Clone> Clone for Transactions<DB, S> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            scope: self.scope.clone(),
            store: self.store.clone(),
        }
    }
}

impl<DB: TransactionDatabase, S> fmt::Debug for Transactions<DB, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transactions")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
