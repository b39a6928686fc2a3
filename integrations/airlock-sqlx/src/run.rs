//! Work that runs in a transaction and a scope.

use std::fmt;
use std::panic::resume_unwind;

use airlock_core::lifecycle::Outcome;
use airlock_core::{OwnedScope, ScopeBuilder};
use sqlx::Pool;

use crate::commit::{Committer, commit, not_stored, record};
use crate::savepoint::{report_unhandled, roll_back};
use crate::{NoStore, Store, TransactionDatabase, TransactionError};

/// Runs work in a transaction and a scope. If the work returns `Ok`, the transaction is committed, and then the effects
/// are released. On an error, a panic or a dropped future, the transaction is rolled back, and the enqueued intents are
/// discarded.
///
/// Within another scope, that scope captures the released intents after the commit, as usual.
///
/// # Errors
///
/// Returns the error of the work, or a [`TransactionError`].
///
/// # Panics
///
/// Panics outside a tokio runtime, and if the work panics.
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

/// A configuration for transactions that are scopes: the pool, the engine, and the options of the scopes.
#[must_use = "a transaction begins when it is run"]
pub struct Transactions<DB: TransactionDatabase, S = NoStore> {
    pool: Pool<DB>,
    scope: ScopeBuilder,
    store: Option<S>,
}

impl<DB: TransactionDatabase> Transactions<DB> {
    /// Creates a configuration for transactions from a pool, without an engine.
    pub fn new(pool: Pool<DB>) -> Self {
        Self {
            pool,
            scope: airlock_core::__private::scope_settings().name("transaction"),
            store: None,
        }
    }

    /// Sets the engine that stores durable intents in the transaction.
    pub fn store<S: Store<DB>>(self, store: S) -> Transactions<DB, S> {
        Transactions {
            pool: self.pool,
            scope: self.scope,
            store: Some(store),
        }
    }
}

impl<DB: TransactionDatabase, S: Store<DB>> Transactions<DB, S> {
    /// Changes the options of the scope: its name, policies, origin and so on.
    pub fn scope(mut self, change: impl FnOnce(ScopeBuilder) -> ScopeBuilder) -> Self {
        self.scope = change(self.scope);
        self
    }

    /// Runs work in a transaction: see [`transaction`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`transaction`].
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

    /// Runs work in a transaction that the caller began and will commit. When the work ends, its durable intents are
    /// stored in the transaction, and all others are released. To hold those until the commit, call this and commit
    /// within an outer scope, which captures them.
    ///
    /// # Errors
    ///
    /// Returns the error of the work, or a [`TransactionError`]. The caller must then roll back, even if the error says
    /// that the transaction was committed or rolled back.
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

    /// Opens the scope of a transaction, and returns it with its store.
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
