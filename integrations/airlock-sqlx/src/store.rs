//! Stores of durable intents in a transaction.

use std::convert::Infallible;

use airlock_core::executor::{Batch, Executor};
use airlock_core::{BoxError, BoxFuture, Intent, Receipt};

use crate::TransactionDatabase;

/// An executor that stores intents in the caller's transaction: an engine of durable effects.
pub trait Store<DB: TransactionDatabase>: Executor + Clone {
    /// An intent in its stored form.
    type Row: Send + Sync;

    /// Converts an intent to its stored form.
    ///
    /// # Errors
    ///
    /// Returns the reason why the intent cannot be stored.
    fn row(&self, intent: &Intent) -> Result<Self::Row, BoxError>;

    /// Adjusts rows before they are stored in a transaction that this crate commits. After the commit,
    /// [`committed`](Self::committed) is called. Not called if the caller commits.
    fn before_commit(&self, rows: &mut [Self::Row]) {
        let _ = rows;
    }

    /// Stores rows in one call, and returns their receipts, in order. The receipts count once the transaction has been
    /// committed.
    ///
    /// # Errors
    ///
    /// Returns the error of the database. Nothing is stored then, and the transaction is rolled back.
    fn store<'a>(
        &'a self,
        rows: &'a [Self::Row],
        connection: &'a mut DB::Connection,
    ) -> BoxFuture<'a, Result<Vec<Receipt>, BoxError>>;

    /// Called after rows that this store has stored were committed. Not called if the caller commits.
    fn committed(&self, rows: &[Self::Row]) {
        let _ = rows;
    }
}

/// The store of a transaction without an engine. It has no values.
#[derive(Clone, Copy, Debug)]
pub enum NoStore {}

impl Executor for NoStore {
    fn dispatch(&self, _: &mut Batch<'_>) {
        match *self {}
    }
}

impl<DB: TransactionDatabase> Store<DB> for NoStore {
    type Row = Infallible;

    fn row(&self, _: &Intent) -> Result<Infallible, BoxError> {
        match *self {}
    }

    fn store<'a>(
        &'a self,
        _: &'a [Infallible],
        _: &'a mut DB::Connection,
    ) -> BoxFuture<'a, Result<Vec<Receipt>, BoxError>> {
        match *self {}
    }
}
