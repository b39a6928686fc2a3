//! The transaction that completes a job, for effects that write in it.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use airlock_core::__private::{RegisteredResource, inventory};
use sqlx::{Pool, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use crate::RiverDatabase;

/// The transaction that completes the job being performed. An effect takes it as a resource. Writes in it are committed
/// together with the completion, so they happen effectively once.
///
/// ```
/// use airlock::BoxError;
/// use airlock::river::CompletionTransaction;
/// use sqlx::Sqlite;
///
/// #[airlock::effect(durable, name = "shop.book")]
/// async fn book(
///     #[resource] completion: &CompletionTransaction<Sqlite>,
///     order: i64,
/// ) -> Result<(), BoxError> {
///     let mut transaction = completion.begin().await?;
///     let update = sqlx::query("UPDATE orders SET booked = 1 WHERE id = $1").bind(order);
///     update.execute(&mut *transaction).await?;
///     Ok(())
/// }
/// # let _ = book;
/// ```
///
/// Workers supply this resource; programs do not have to. While the transaction is open, it holds a connection of the
/// pool. On SQLite, all other writers wait for it. Configure the pool with more connections than effects that use this
/// resource at once, and do not write through the pool in the meantime.
pub struct CompletionTransaction<DB: RiverDatabase> {
    pool: Pool<DB>,
    begun: Mutex<Option<Transaction<'static, DB>>>,
    /// `true` if the job is completed.
    is_over: AtomicBool,
}

impl<DB: RiverDatabase> CompletionTransaction<DB> {
    pub(crate) fn new(pool: Pool<DB>) -> Arc<Self> {
        Arc::new(Self {
            pool,
            begun: Mutex::new(None),
            is_over: AtomicBool::new(false),
        })
    }

    /// Returns the transaction, and begins it on the first call.
    ///
    /// # Errors
    ///
    /// Returns [`NoCompletion`] if the transaction could not begin, or if the job is already completed. The latter
    /// happens in an effect that is not durable and was enqueued by the job's effect: it runs after the completion.
    pub async fn begin(&self) -> Result<CompletionGuard<'_, DB>, NoCompletion> {
        let mut begun = self.begun.lock().await;
        if self.is_over.load(Ordering::Relaxed) {
            return Err(NoCompletion::Over);
        }
        if begun.is_none() {
            let transaction = DB::begin(self.pool.clone()).await;
            *begun = Some(transaction.map_err(NoCompletion::Begin)?);
        }
        Ok(CompletionGuard { begun })
    }

    /// Takes the transaction, if it has begun. No other one can begin afterwards.
    pub(crate) async fn take(&self) -> Option<Transaction<'static, DB>> {
        let mut begun = self.begun.lock().await;
        self.is_over.store(true, Ordering::Relaxed);
        begun.take()
    }
}

impl<DB: RiverDatabase> fmt::Debug for CompletionTransaction<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompletionTransaction")
            .finish_non_exhaustive()
    }
}

/// A guard for the transaction of a job's completion.
pub struct CompletionGuard<'a, DB: RiverDatabase> {
    begun: MutexGuard<'a, Option<Transaction<'static, DB>>>,
}

impl<DB: RiverDatabase> Deref for CompletionGuard<'_, DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &*self.begun {
            Some(transaction) => transaction,
            None => unreachable!("it has begun"),
        }
    }
}

impl<DB: RiverDatabase> DerefMut for CompletionGuard<'_, DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut *self.begun {
            Some(transaction) => transaction,
            None => unreachable!("it has begun"),
        }
    }
}

impl<DB: RiverDatabase> fmt::Debug for CompletionGuard<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompletionGuard").finish_non_exhaustive()
    }
}

/// Why the transaction of a job's completion is not available.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoCompletion {
    /// The transaction could not begin.
    #[error("the transaction that completes the job could not begin")]
    Begin(#[source] sqlx::Error),
    /// The job is already completed.
    #[error("the job is completed already: only its own effect can write in that transaction")]
    Over,
}

#[cfg(feature = "postgres")]
inventory::submit!(RegisteredResource::new::<
    CompletionTransaction<sqlx::Postgres>,
>());
#[cfg(feature = "sqlite")]
inventory::submit!(RegisteredResource::new::<CompletionTransaction<sqlx::Sqlite>>());
