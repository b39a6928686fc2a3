//! rusqlite, on SQLite.

use airlock::river::{Rows, SQL_SQLITE, SQL_SQLITE_NOTIFY};
use airlock::{BoxError, Intent};
use rusqlite::{Connection, Error, Transaction, TransactionBehavior};

/// Saves an order and its intent as a job, in one transaction.
///
/// # Errors
///
/// Returns an error if the intent cannot be stored, or if the database fails.
pub fn place_order(
    connection: &mut Connection,
    order: i64,
    intent: &Intent,
) -> Result<(), BoxError> {
    let mut rows = Rows::new();
    rows.push(intent, None)?;

    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("INSERT INTO orders (id) VALUES (?1)", [order])?;
    store(&transaction, &rows)?;
    transaction.commit()?;
    Ok(())
}

/// Stores jobs in a transaction.
///
/// # Errors
///
/// Returns the error of the database.
pub fn store(transaction: &Transaction<'_>, rows: &Rows) -> Result<(), Error> {
    let json = rows.to_json();
    // Not `execute`: the statement returns rows, which rusqlite's `execute` rejects.
    let mut statement = transaction.prepare(SQL_SQLITE)?;
    let mut stored = statement.query([&json])?;
    while stored.next()?.is_some() {}
    transaction.execute(SQL_SQLITE_NOTIFY, [&json])?;
    Ok(())
}
