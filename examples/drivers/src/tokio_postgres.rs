//! tokio-postgres.

use airlock::river::{Rows, SQL_POSTGRES};
use airlock::{BoxError, Intent};
use tokio_postgres::{Client, Error, Transaction};

/// Saves an order and its intent as a job, in one transaction.
///
/// # Errors
///
/// Returns an error if the intent cannot be stored, or if the database fails.
pub async fn place_order(client: &mut Client, order: i64, intent: Intent) -> Result<(), BoxError> {
    let mut rows = Rows::new();
    rows.push(&intent, None)?;

    let transaction = client.transaction().await?;
    transaction
        .execute("INSERT INTO orders (id) VALUES ($1)", &[&order])
        .await?;
    store(&transaction, &rows).await?;
    transaction.commit().await?;
    Ok(())
}

/// Stores jobs in a transaction.
///
/// # Errors
///
/// Returns the error of the database.
pub async fn store(transaction: &Transaction<'_>, rows: &Rows) -> Result<(), Error> {
    transaction
        .execute(SQL_POSTGRES, &[&rows.to_json()])
        .await?;
    Ok(())
}
