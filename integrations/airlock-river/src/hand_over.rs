//! Storage of durable intents: in the caller's transaction, or in a separate one.

use std::borrow::Cow;
use std::collections::HashMap;

use airlock_core::executor::{Batch, Executor, Identity};
use airlock_core::{BoxError, BoxFuture, Intent, Receipt};
use airlock_sqlx::Store;

use crate::database::StoredRow;
use crate::row::Row;
use crate::sql::to_json;
use crate::{River, RiverDatabase};

impl<DB: RiverDatabase> Store<DB> for River<DB> {
    type Row = StoreRow;

    fn row(&self, intent: &Intent) -> Result<StoreRow, BoxError> {
        let mut row = Row::from_intent(intent, self.inner.keys.as_ref())?;
        if self.engine_of(intent).is_some() {
            row.never_give_up();
        }
        Ok(StoreRow(row))
    }

    fn before_commit(&self, rows: &mut [StoreRow]) {
        self.inner
            .wakes
            .hold_back(rows.iter_mut().map(|it| &mut it.0));
    }

    fn store<'a>(
        &'a self,
        rows: &'a [StoreRow],
        connection: &'a mut DB::Connection,
    ) -> BoxFuture<'a, Result<Vec<Receipt>, BoxError>> {
        let rows = || rows.iter().map(|it| &it.0);
        let notify = rows().any(|row| row.notify);
        let json = to_json(rows());
        Box::pin(async move {
            let stored = DB::insert(json, notify, connection).await?;
            Ok(receipts(rows(), stored))
        })
    }

    fn committed(&self, rows: &[StoreRow]) {
        self.wake(rows.iter().map(|it| &it.0));
    }
}

/// A durable intent in the form that River stores.
#[derive(Debug)]
pub struct StoreRow(Row);

/// Returns the receipt of each row. The receipt of a duplicate names the existing job.
fn receipts<'a>(rows: impl Iterator<Item = &'a Row>, stored: Vec<StoredRow>) -> Vec<Receipt> {
    let mut by_intent = HashMap::with_capacity(stored.len());
    let mut by_key = HashMap::new();
    for (job, intent, unique_key) in stored {
        if let Some(unique_key) = unique_key {
            by_key.insert(unique_key, job);
        }
        if let Some(intent) = intent {
            by_intent.insert(intent, job);
        }
    }
    let receipt = |row: &Row| {
        if by_intent.contains_key(&row.id.to_string()) {
            return Receipt::Accepted;
        }
        match row.unique_key.as_ref().and_then(|key| by_key.get(key)) {
            Some(job) => Receipt::Duplicate {
                reason: format!("job {job} with the same key waits or is performed"),
            },
            None => Receipt::Rejected("the database did not confirm that it is stored".into()),
        }
    };
    rows.map(receipt).collect()
}

impl<DB: RiverDatabase> Executor for River<DB> {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        self.check(intent)
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest(
            "storing a durable effect has to be awaited: end its scope with `River::transaction`, an async boundary, `run_async` or `flush_async`",
        );
    }

    /// Stores the batch in a separate transaction.
    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        let rows: Result<Vec<_>, _> = batch
            .intents()
            .map(|intent| <Self as Store<DB>>::row(self, intent))
            .collect();
        Box::pin(async move {
            let stored = match rows {
                Ok(rows) => self.store_alone(rows).await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(receipts) => batch.complete_in_order(receipts),
                Err(error) => batch.fail_rest(error),
            }
        })
    }

    fn only_durable(&self) -> bool {
        true
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::new(&self.inner))
    }

    fn name(&self) -> Cow<'static, str> {
        "river".into()
    }
}

impl<DB: RiverDatabase> River<DB> {
    async fn store_alone(&self, mut rows: Vec<StoreRow>) -> Result<Vec<Receipt>, BoxError> {
        let mut transaction = DB::begin(self.inner.pool.clone()).await?;
        self.before_commit(&mut rows);
        let receipts = self.store(&rows, &mut *transaction).await?;
        if let Err(error) = transaction.commit().await {
            return Err(match DB::leaves_open(&error) {
                true => format!("it is unknown whether it is stored, because the connection broke during the commit: {error}").into(),
                false => error.into(),
            });
        }
        self.committed(&rows);
        Ok(receipts)
    }
}
