//! The transaction of a request.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use airlock_core::__private::in_full;
use airlock_core::OwnedScope;
use airlock_core::lifecycle::Outcome;
use sqlx::{Pool, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::commit::commit;
use crate::savepoint::{report_unhandled, roll_back};
use crate::{Store, TransactionDatabase, TransactionError, Transactions};

type Begun<DB> = Option<Transaction<'static, DB>>;

/// The slot that holds the transaction of a request. Its extractor finds it in the request's extensions.
pub(crate) struct Slot<DB: TransactionDatabase> {
    pool: Pool<DB>,
    begun: Arc<Mutex<Begun<DB>>>,
}

impl<DB: TransactionDatabase> Clone for Slot<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            begun: self.begun.clone(),
        }
    }
}

impl<DB: TransactionDatabase> Slot<DB> {
    /// Returns the transaction, and begins it for the first extractor.
    pub(crate) async fn begin(self) -> Result<Tx<DB>, sqlx::Error> {
        let mut guard = self.begun.lock_owned().await;
        if guard.is_none() {
            *guard = Some(DB::begin(self.pool.clone()).await?);
        }
        Ok(Tx { guard })
    }
}

/// An extractor for the transaction of a request: a sqlx connection.
///
/// After the handler, the transaction is committed if the response is successful, before the response is sent;
/// otherwise it is rolled back. Extractors of one request share the transaction: drop one before extracting the next.
pub struct Tx<DB: TransactionDatabase> {
    guard: OwnedMutexGuard<Begun<DB>>,
}

impl<DB: TransactionDatabase> Deref for Tx<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &*self.guard {
            Some(transaction) => transaction,
            None => unreachable!("it has begun"),
        }
    }
}

impl<DB: TransactionDatabase> DerefMut for Tx<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut *self.guard {
            Some(transaction) => transaction,
            None => unreachable!("it has begun"),
        }
    }
}

impl<DB: TransactionDatabase> fmt::Debug for Tx<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").finish_non_exhaustive()
    }
}

/// A request with a transaction and a scope.
pub(crate) struct Request<DB: TransactionDatabase, S> {
    pool: Pool<DB>,
    slot: Slot<DB>,
    store: Option<S>,
}

impl<DB: TransactionDatabase, S: Store<DB>> Request<DB, S> {
    pub(crate) fn open(transactions: &Transactions<DB, S>) -> (Self, OwnedScope) {
        let (store, scope) = transactions.open();
        let pool = transactions.pool().clone();
        let slot = Slot {
            pool: pool.clone(),
            begun: Arc::default(),
        };
        (Self { pool, slot, store }, scope)
    }

    pub(crate) fn slot(&self) -> Slot<DB> {
        self.slot.clone()
    }

    /// Ends a request. Returns the response of its service after the commit or rollback, or a `TransactionError`.
    /// Resumes a panic of the service.
    pub(crate) async fn end<R>(
        self,
        ended: thread::Result<R>,
        scope: OwnedScope,
        outcome: impl FnOnce(&R) -> Outcome,
    ) -> Result<R, TransactionError> {
        // A task that the handler spawned may still hold the transaction.
        let taken = self.slot.begun.clone().try_lock_owned();
        let (transaction, is_held) = match taken {
            Ok(mut begun) => (begun.take(), false),
            Err(_) => (None, true),
        };
        let outcome = match &ended {
            Ok(returned) => outcome(returned),
            Err(_) => Outcome::Panic,
        };
        if outcome == Outcome::Success && !is_held {
            commit(&self.pool, transaction, scope, self.store).await?;
        } else {
            if let Some(transaction) = transaction {
                roll_back(transaction).await;
            }
            let outcome = match outcome {
                Outcome::Success => Outcome::Failure,
                other => other,
            };
            report_unhandled(scope.release(outcome).dispatch_async().await);
        }
        match ended {
            Ok(_) if is_held => Err(TransactionError::Held),
            Ok(returned) => Ok(returned),
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// Logs why a request's transaction failed. The client only learns that it failed.
pub(crate) fn log(error: TransactionError) {
    tracing::error!(target: "airlock", error = %in_full(&error), "the transaction of a request failed");
    if let TransactionError::Flush(error) | TransactionError::NotStored(error) = error {
        error.report_unhandled();
    }
}
