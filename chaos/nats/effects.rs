//! The effects for each order.

use airlock::BoxError;
use sqlx::PgPool;

/// Ships an order, and enqueues its invoice.
#[airlock::effect(durable, name = "chaos.ship", timeout = "2s")]
pub(crate) async fn ship(#[resource] pool: &PgPool, order: i64) -> Result<(), BoxError> {
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

/// Invoices an order.
#[airlock::effect(durable, name = "chaos.invoice", timeout = "2s")]
pub(crate) async fn invoice(#[resource] pool: &PgPool, order: i64) -> Result<(), BoxError> {
    let insert = sqlx::query("INSERT INTO invoiced (id) VALUES ($1)").bind(order);
    insert.execute(pool).await?;
    Ok(())
}

/// Tells a customer of an order. The orders of a customer are told in order.
#[airlock::effect(
    durable,
    name = "chaos.tell",
    timeout = "2s",
    retry(attempts = 25, delay = "10ms", max_delay = "100ms")
)]
pub(crate) async fn tell(
    #[resource] pool: &PgPool,
    customer: i64,
    order: i64,
) -> Result<(), BoxError> {
    let attempt = airlock::attempt().ok_or("an effect is performed")?;
    if fastrand::u8(..) < 8 && attempt.number() < 3 {
        return Err("the customer's inbox is full".into());
    }
    let insert = sqlx::query("INSERT INTO told (customer, id) VALUES ($1, $2)");
    insert.bind(customer).bind(order).execute(pool).await?;
    Ok(())
}
