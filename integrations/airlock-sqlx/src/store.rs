//! What stores durable intents in a transaction.

use std::convert::Infallible;

use airlock_core::executor::{Batch, Executor};
use airlock_core::{BoxError, BoxFuture, Intent, Receipt};

use crate::TransactionDatabase;

/// An executor that stores intents in a transaction of the caller's: an engine of durable effects.
pub trait Store<DB: TransactionDatabase>: Executor + Clone {
    /// An intent in the form in which it is stored.
    type Row: Send + Sync;

    /// That form of one intent.
    ///
    /// # Errors
    ///
    /// Why it cannot be stored.
    fn row(&self, intent: &Intent) -> Result<Self::Row, BoxError>;

    /// Changes rows that are about to be stored in a transaction whose commit is told by
    /// [`committed`](Self::committed). Not called where somebody else commits.
    fn before_commit(&self, rows: &mut [Self::Row]) {
        let _ = rows;
    }

    /// Stores rows in one call, and answers for each, in order. What it answers counts once the transaction has
    /// been committed.
    ///
    /// # Errors
    ///
    /// What the database said. Nothing is stored then, and the transaction is rolled back.
    fn store<'a>(
        &'a self,
        rows: &'a [Self::Row],
        connection: &'a mut DB::Connection,
    ) -> BoxFuture<'a, Result<Vec<Receipt>, BoxError>>;

    /// Rows that it stored were committed.
    fn committed(&self, rows: &[Self::Row]) {
        let _ = rows;
    }
}

/// Stores nothing: what a transaction without an engine has.
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
