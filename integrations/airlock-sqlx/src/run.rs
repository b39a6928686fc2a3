//! Running work in a transaction that is a scope.

use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;

use airlock_core::executor::Batch;
use airlock_core::lifecycle::Outcome;
use airlock_core::{BoxError, OwnedScope, Receipt, Recording, ScopeBuilder};
use sqlx::{Pool, Transaction};

use crate::savepoint::{roll_back, strand};
use crate::{NoStore, Recorded, Store, TransactionDatabase, TransactionError};

/// Runs work in a transaction and in a scope: it is committed if the work returns `Ok`, and its effects leave after
/// the commit. An error, a panic and a dropped future roll back, and discard what was enqueued.
///
/// Within another scope, what would leave is captured by that scope after the commit, as ever.
///
/// # Errors
///
/// What the work returned, or [`TransactionError`].
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
        let mut transaction = begin(&self.pool).await.map_err(TransactionError::Begin)?;
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
                strand(scope.release(Outcome::Failure).dispatch_async().await);
                Err(error)
            }
            Err(panic) => {
                roll_back(transaction).await;
                strand(scope.release(Outcome::Panic).dispatch_async().await);
                resume_unwind(panic)
            }
        }
    }

    /// Runs work in a transaction that the caller began, and commits. Durable intents are stored in it at the end of
    /// the work; the others leave then, so that a scope around the commit has to hold them.
    ///
    /// # Errors
    ///
    /// What the work returned, or [`TransactionError`]. Then roll back.
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
            Ok(result) => (Outcome::of(&result), result),
            Err(panic) => {
                strand(scope.release(Outcome::Panic).dispatch_async().await);
                resume_unwind(panic)
            }
        };
        let value = match result {
            Ok(value) => value,
            Err(error) => {
                strand(scope.release(outcome).dispatch_async().await);
                return Err(error);
            }
        };
        let mut recording = scope.record();
        match record(&mut recording, store.as_ref(), connection).await {
            Ok(recorded) => recorded.settle(&mut recording),
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

/// Begins on a task of its own: a future of the pool's that is dropped half-way would return a connection with an
/// open transaction.
pub(crate) async fn begin<DB: TransactionDatabase>(
    pool: &Pool<DB>,
) -> Result<Transaction<'static, DB>, sqlx::Error> {
    match tokio::spawn(DB::begin(pool.clone())).await {
        Ok(begun) => begun,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(error) => Err(sqlx::Error::Io(std::io::Error::other(error))),
    }
}

/// Stores the durable intents of a scope, commits, and lets the rest leave. Without a transaction, one begins if
/// there is something to store.
pub(crate) async fn commit<DB: TransactionDatabase, S: Store<DB>>(
    pool: &Pool<DB>,
    transaction: Option<Transaction<'static, DB>>,
    mut scope: OwnedScope,
    store: Option<S>,
) -> Result<(), TransactionError> {
    let holds_some = scope.holds() > 0;
    let mut recording = scope.record();
    let mut transaction = match (transaction, recording.batch()) {
        (Some(begun), _) => begun,
        (None, None) => {
            recording.release(Outcome::Success).dispatch_async().await?;
            return Ok(());
        }
        (None, Some(_)) => match begin(pool).await {
            Ok(begun) => begun,
            Err(error) => return Err(not_stored(recording, NotStored::All(error.into())).await),
        },
    };
    let recorded = match record(&mut recording, store.as_ref(), &mut *transaction).await {
        Ok(recorded) => recorded,
        Err(error) => {
            roll_back(transaction).await;
            return Err(not_stored(recording, error).await);
        }
    };
    if recorded.is_empty()
        && holds_some
        && let Err(error) = DB::check(&mut transaction).await
    {
        roll_back(transaction).await;
        strand(recording.release(Outcome::Failure).dispatch_async().await);
        return Err(TransactionError::Commit(error));
    }
    let undecided = Undecided::new(&recorded.intents);
    let committed = transaction.commit().await;
    undecided.decided();
    match committed {
        Ok(()) => {
            if !recorded.is_empty()
                && let Some(store) = &store
            {
                store.committed();
            }
            recorded.settle(&mut recording);
            recording.release(Outcome::Success).dispatch_async().await?;
            Ok(())
        }
        Err(source) if DB::leaves_open(&source) => {
            recording.fail("nobody knows whether the transaction was committed");
            drop(recording.discard()); // `on_report` has seen it.
            let intents = recorded.intents;
            Err(TransactionError::Unknown { intents, source })
        }
        Err(error) => {
            strand(recording.release(Outcome::Failure).dispatch_async().await);
            Err(TransactionError::Commit(error))
        }
    }
}

/// What a store has taken, and what it answered for each.
struct Stored<DB> {
    intents: Vec<Recorded>,
    receipts: Vec<Receipt>,
    database: PhantomData<DB>,
}

impl<DB> Stored<DB> {
    fn is_empty(&self) -> bool {
        self.intents.is_empty()
    }

    fn settle(self, recording: &mut Recording) {
        let mut receipts = self.receipts.into_iter();
        if let Some(mut batch) = recording.batch() {
            batch.settle(|_| receipts.next().unwrap_or_else(unanswered));
        }
    }
}

fn unanswered() -> Receipt {
    Receipt::Rejected("the engine gave no answer for it".into())
}

/// Stores what has to be stored.
async fn record<DB: TransactionDatabase, S: Store<DB>>(
    recording: &mut Recording,
    store: Option<&S>,
    connection: &mut DB::Connection,
) -> Result<Stored<DB>, NotStored> {
    let mut stored = Stored {
        intents: Vec::new(),
        receipts: Vec::new(),
        database: PhantomData,
    };
    let (Some(store), Some(batch)) = (store, recording.batch()) else {
        return Ok(stored);
    };
    let rows = rows(store, &batch)?;
    stored.intents = batch.intents().map(Recorded::of).collect();
    drop(batch);
    stored.receipts = store
        .store(rows, connection)
        .await
        .map_err(NotStored::All)?;
    if stored.receipts.iter().any(is_rejected) {
        return Err(NotStored::Some(stored.receipts));
    }
    Ok(stored)
}

fn is_rejected(receipt: &Receipt) -> bool {
    matches!(receipt, Receipt::Rejected(_))
}

/// Why nothing was stored.
enum NotStored {
    All(BoxError),
    /// These were rejected, and so the others cannot be stored either.
    Some(Vec<Receipt>),
}

/// The rows of all intents, or why some have none.
fn rows<DB: TransactionDatabase, S: Store<DB>>(
    store: &S,
    batch: &Batch<'_>,
) -> Result<Vec<S::Row>, NotStored> {
    let mut rows = Vec::new();
    let mut receipts = Vec::new();
    for intent in batch.intents() {
        match store.row(intent) {
            Ok(row) => {
                rows.push(row);
                receipts.push(Receipt::Accepted);
            }
            Err(error) => receipts.push(Receipt::Rejected(error)),
        }
    }
    match receipts.iter().any(is_rejected) {
        true => Err(NotStored::Some(receipts)),
        false => Ok(rows),
    }
}

/// Fails what was not stored, and ends the scope as failed.
async fn not_stored(mut recording: Recording, error: NotStored) -> TransactionError {
    match error {
        NotStored::All(error) => recording.fail(error),
        NotStored::Some(receipts) => {
            let mut receipts = receipts.into_iter();
            if let Some(mut batch) = recording.batch() {
                // One that the engine would have taken is not reached, since the transaction is rolled back.
                batch.reject(|_| match receipts.next() {
                    Some(Receipt::Rejected(error)) => Some(error),
                    _ => None,
                });
            }
        }
    }
    match recording.release(Outcome::Failure).dispatch_async().await {
        Err(error) => TransactionError::NotStored(error),
        Ok(_) => unreachable!("an intent has failed"),
    }
}

/// Logs if a commit is dropped before it is known how it has ended.
struct Undecided<'a>(Option<&'a [Recorded]>);

impl<'a> Undecided<'a> {
    fn new(intents: &'a [Recorded]) -> Self {
        Self(Some(intents))
    }

    fn decided(mut self) {
        self.0 = None;
    }
}

impl Drop for Undecided<'_> {
    fn drop(&mut self) {
        if let Some(intents) = self.0.take() {
            let intents: Vec<_> = intents.iter().map(ToString::to_string).collect();
            tracing::error!(
                target: "airlock",
                intents = intents.join(", "),
                "a commit was given up before its answer: nobody knows whether it happened",
            );
        }
    }
}
