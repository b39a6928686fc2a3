//! The effects for each order.

use airlock::BoxError;
use airlock::river::CompletionTransaction;
use sqlx::Pool;

use crate::Db;

/// Ships an order, and enqueues its invoice. At least once.
#[airlock::effect(durable, name = "chaos.ship", timeout = "1s")]
pub(crate) async fn ship(#[resource] pool: &Pool<Db>, order: i64) -> Result<(), BoxError> {
    airlock::enqueue(invoice(order));
    let attempt = airlock::attempt().ok_or("an effect is performed")?;
    // Fails occasionally, like an unreachable receiver.
    if fastrand::u8(..) < 8 && attempt.number() < 3 {
        return Err("the carrier is away".into());
    }
    let insert = sqlx::query("INSERT INTO shipped (id) VALUES ($1)").bind(order);
    insert.execute(pool).await?;
    Ok(())
}

/// Invoices an order. At least once.
#[airlock::effect(durable, name = "chaos.invoice", timeout = "1s")]
pub(crate) async fn invoice(#[resource] pool: &Pool<Db>, order: i64) -> Result<(), BoxError> {
    let insert = sqlx::query("INSERT INTO invoiced (id) VALUES ($1)").bind(order);
    insert.execute(pool).await?;
    Ok(())
}

/// Books an order in the transaction that completes the job. Effectively once.
#[airlock::effect(durable, name = "chaos.book", timeout = "1s")]
pub(crate) async fn book(
    #[resource] completion: &CompletionTransaction<Db>,
    order: i64,
) -> Result<(), BoxError> {
    let mut transaction = completion.begin().await?;
    let insert = sqlx::query("INSERT INTO booked (id) VALUES ($1)").bind(order);
    insert.execute(&mut *transaction).await?;
    Ok(())
}

/// The tables of orders, and of the effects performed for them.
pub(crate) const TABLES: [&str; 4] = ["orders", "shipped", "invoiced", "booked"];
