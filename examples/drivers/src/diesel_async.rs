//! diesel-async, on PostgreSQL.

use airlock::river::{Rows, SQL_POSTGRES};
use airlock::{BoxError, Intent};
use diesel::sql_types::Text;
use diesel::{ExpressionMethods, QueryResult};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::schema::orders;

/// Saves an order and its intent as a job, in one transaction.
///
/// # Errors
///
/// Returns an error if the intent cannot be stored, or if the database fails.
pub async fn place_order(
    connection: &mut AsyncPgConnection,
    order: i64,
    intent: Intent,
) -> Result<(), BoxError> {
    let mut rows = Rows::new();
    rows.push(&intent, None)?;

    connection
        .transaction(async |connection| {
            diesel::insert_into(orders::table)
                .values(orders::id.eq(order))
                .execute(connection)
                .await?;
            store(connection, &rows).await?;
            Ok(())
        })
        .await
}

/// Stores jobs in the connection's current transaction.
///
/// # Errors
///
/// Returns the error of the database.
pub async fn store(connection: &mut AsyncPgConnection, rows: &Rows) -> QueryResult<()> {
    diesel::sql_query(SQL_POSTGRES)
        .bind::<Text, _>(rows.to_json())
        .execute(connection)
        .await?;
    Ok(())
}
