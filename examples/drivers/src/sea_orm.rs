//! `SeaORM`, on PostgreSQL and SQLite.

use airlock::river::{Rows, SQL_POSTGRES, SQL_SQLITE, SQL_SQLITE_NOTIFY};
use airlock::{BoxError, Intent};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
    TransactionTrait,
};

/// Saves an order and its intent as a job, in one transaction.
///
/// # Errors
///
/// Returns an error if the intent cannot be stored, or if the database fails.
pub async fn place_order(
    database: &DatabaseConnection,
    order: i64,
    intent: Intent,
) -> Result<(), BoxError> {
    let mut rows = Rows::new();
    rows.push(&intent, None)?;

    let transaction = database.begin().await?;
    transaction
        .execute_raw(Statement::from_sql_and_values(
            transaction.get_database_backend(),
            "INSERT INTO orders (id) VALUES ($1)",
            [order.into()],
        ))
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
pub async fn store(transaction: &DatabaseTransaction, rows: &Rows) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let statements: &[&str] = match backend {
        DbBackend::Postgres => &[SQL_POSTGRES],
        DbBackend::Sqlite => &[SQL_SQLITE, SQL_SQLITE_NOTIFY],
        other => return Err(DbErr::Custom(format!("River has no {other:?}"))),
    };
    let json = rows.to_json();
    for statement in statements {
        let parameter = [json.as_str().into()];
        transaction
            .execute_raw(Statement::from_sql_and_values(
                backend, *statement, parameter,
            ))
            .await?;
    }
    Ok(())
}
