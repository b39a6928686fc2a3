//! The end of a transaction whose work has succeeded: stores intents, commits, and releases the others.

use airlock_core::executor::Batch;
use airlock_core::lifecycle::Outcome;
use airlock_core::{BoxError, OwnedScope, Receipt, Recording};
use sqlx::{Pool, Transaction};

use crate::savepoint::{report_unhandled, roll_back};
use crate::{Recorded, Store, TransactionDatabase, TransactionError};

/// Stores the durable intents of a scope, commits, and releases the others. Without a transaction, begins one if there
/// is an intent to store.
pub(crate) async fn commit<DB: TransactionDatabase, S: Store<DB>>(
    pool: &Pool<DB>,
    transaction: Option<Transaction<'static, DB>>,
    scope: OwnedScope,
    store: Option<S>,
) -> Result<(), TransactionError> {
    let mut recording = scope.record();
    let mut transaction = match (transaction, recording.batch()) {
        (Some(begun), _) => begun,
        (None, None) => {
            recording.release(Outcome::Success).dispatch_async().await?;
            return Ok(());
        }
        (None, Some(_)) => match DB::begin(pool.clone()).await {
            Ok(begun) => begun,
            Err(error) => return Err(not_stored(recording, NotStored::All(error.into())).await),
        },
    };
    let stores = recording.batch().is_some();
    if let Err(error) = DB::check(&mut transaction, stores).await {
        roll_back(transaction).await;
        report_unhandled(recording.release(Outcome::Failure).dispatch_async().await);
        return Err(TransactionError::Commit(error));
    }
    let recorded = match record(
        &mut recording,
        store.as_ref(),
        &mut *transaction,
        Committer::Us,
    )
    .await
    {
        Ok(recorded) => recorded,
        Err(error) => {
            roll_back(transaction).await;
            return Err(not_stored(recording, error).await);
        }
    };
    let undecided = Undecided::new(recording, &recorded.intents);
    let committed = transaction.commit().await;
    match committed {
        Ok(()) => {
            let mut recording = undecided.decided();
            if !recorded.rows.is_empty()
                && let Some(store) = &store
            {
                store.committed(&recorded.rows);
            }
            recorded.complete(&mut recording);
            recording.release(Outcome::Success).dispatch_async().await?;
            Ok(())
        }
        Err(source) if DB::leaves_open(&source) => {
            discard(undecided.decided());
            let intents = recorded.intents;
            Err(TransactionError::Unknown { intents, source })
        }
        Err(error) => {
            let recording = undecided.decided();
            report_unhandled(recording.release(Outcome::Failure).dispatch_async().await);
            Err(TransactionError::Commit(error))
        }
    }
}

/// Ends a scope whose commit has an unknown result. No intent is released.
fn discard(mut recording: Recording) {
    recording.fail("it is unknown whether the transaction was committed");
    drop(recording.discard()); // `on_report` has received the report.
}

/// The party that commits a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committer {
    /// This crate, which also notifies the store.
    Us,
    /// The caller, who began the transaction.
    Caller,
}

/// The rows that a store has taken, their intents, and its receipts.
pub(crate) struct Stored<R> {
    rows: Vec<R>,
    intents: Vec<Recorded>,
    receipts: Vec<Receipt>,
}

impl<R> Stored<R> {
    pub(crate) fn complete(self, recording: &mut Recording) {
        if let Some(mut batch) = recording.batch() {
            batch.complete_in_order(self.receipts);
        }
    }
}

/// Stores the durable intents of a recording.
pub(crate) async fn record<DB: TransactionDatabase, S: Store<DB>>(
    recording: &mut Recording,
    store: Option<&S>,
    connection: &mut DB::Connection,
    committer: Committer,
) -> Result<Stored<S::Row>, NotStored> {
    let mut stored = Stored {
        rows: Vec::new(),
        intents: Vec::new(),
        receipts: Vec::new(),
    };
    let (Some(store), Some(batch)) = (store, recording.batch()) else {
        return Ok(stored);
    };
    stored.rows = rows(store, &batch)?;
    stored.intents = batch.intents().map(Recorded::from_intent).collect();
    drop(batch);
    if committer == Committer::Us {
        store.before_commit(&mut stored.rows);
    }
    stored.receipts = store
        .store(&stored.rows, connection)
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
pub(crate) enum NotStored {
    All(BoxError),
    /// Some intents were rejected, so the others cannot be stored either. Has a receipt for each intent.
    Some(Vec<Receipt>),
}

/// Returns the rows of all intents, or the receipts if some intents have no row.
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

/// Marks the intents that were not stored as failed, and ends the scope as failed.
pub(crate) async fn not_stored(mut recording: Recording, error: NotStored) -> TransactionError {
    match error {
        NotStored::All(error) => recording.fail(error),
        NotStored::Some(receipts) => {
            let mut receipts = receipts.into_iter();
            if let Some(mut batch) = recording.batch() {
                // An intent that the engine would have accepted is not rejected: it is unreached, since the transaction
                // is rolled back.
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

/// A guard that holds a recording until the result of its commit is known. If it is dropped before, it discards the
/// recording and logs which intents may be stored.
struct Undecided<'a> {
    recording: Option<Recording>,
    intents: &'a [Recorded],
}

impl<'a> Undecided<'a> {
    fn new(recording: Recording, intents: &'a [Recorded]) -> Self {
        Self {
            recording: Some(recording),
            intents,
        }
    }

    fn decided(mut self) -> Recording {
        match self.recording.take() {
            Some(recording) => recording,
            None => unreachable!("it is decided once"),
        }
    }
}

impl Drop for Undecided<'_> {
    fn drop(&mut self) {
        if let Some(recording) = self.recording.take() {
            let intents: Vec<_> = self.intents.iter().map(ToString::to_string).collect();
            tracing::error!(
                target: "airlock",
                intents = intents.join(", "),
                "a commit was cancelled before its result arrived: it is unknown whether it happened",
            );
            discard(recording);
        }
    }
}
