//! diesel, on SQLite.

use airlock::river::{Rows, SQL_SQLITE, SQL_SQLITE_NOTIFY};
use airlock::{BoxError, Intent};
use diesel::sql_types::Text;
use diesel::{ExpressionMethods, QueryResult, RunQueryDsl, SqliteConnection};

use crate::schema::orders;

/// Saves an order and its intent as a job, in one transaction.
///
/// # Errors
///
/// Returns an error if the intent cannot be stored, or if the database fails.
pub fn place_order(
    connection: &mut SqliteConnection,
    order: i64,
    intent: &Intent,
) -> Result<(), BoxError> {
    let mut rows = Rows::new();
    rows.push(intent, None)?;

    connection.immediate_transaction(|connection| {
        diesel::insert_into(orders::table)
            .values(orders::id.eq(order))
            .execute(connection)?;
        store(connection, &rows)?;
        Ok(())
    })
}

/// Stores jobs in the connection's current transaction.
///
/// # Errors
///
/// Returns the error of the database.
pub fn store(connection: &mut SqliteConnection, rows: &Rows) -> QueryResult<()> {
    let json = rows.to_json();
    for statement in [SQL_SQLITE, SQL_SQLITE_NOTIFY] {
        diesel::sql_query(statement)
            .bind::<Text, _>(&json)
            .execute(connection)?;
    }
    Ok(())
}
