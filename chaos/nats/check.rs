//! Counts the effects of each order, and checks that:
//!
//! - every committed order was shipped, invoiced and told at least once (else it is *lost*);
//! - no effect was performed for an order that was not committed (else it is a *ghost*);
//! - each customer was told of their orders in order.

use std::time::Duration;

use airlock::BoxError;
use airlock::nats::async_nats;
use airlock::river::River;
use sqlx::PgPool;

use crate::driver::{Counts, number, repeated};
use crate::{roles, urls};

const TABLES: [&str; 4] = [
    "CREATE TABLE orders (id BIGINT PRIMARY KEY)",
    "CREATE TABLE shipped (id BIGINT)",
    "CREATE TABLE invoiced (id BIGINT)",
    "CREATE TABLE told (turn BIGSERIAL, customer BIGINT, id BIGINT)",
];

pub(crate) async fn set_up(pool: &PgPool, url: &str) -> Result<(), BoxError> {
    River::new(pool.clone())?.migrate().await?;
    for table in TABLES {
        sqlx::query(table).execute(pool).await?;
    }
    let nats = roles::nats(url).await?;
    // The servers may still be electing a leader.
    for _ in 0..50 {
        if nats.ensure_stream().await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(nats.ensure_stream().await?)
}

/// Returns the number of unfinished intents in both engines.
pub(crate) async fn unfinished(pool: &PgPool, url: &str) -> Result<i64, BoxError> {
    let jobs = "SELECT count(*) FROM river_job WHERE finalized_at IS NULL";
    Ok(number(pool, jobs).await? + messages(url, "airlock").await?)
}

async fn messages(url: &str, stream: &str) -> Result<i64, BoxError> {
    let servers: Vec<String> = urls(url).1.split(',').map(str::to_owned).collect();
    let context = async_nats::jetstream::new(async_nats::connect(servers).await?);
    let stream = context.get_stream(stream).await?;
    Ok(i64::try_from(stream.cached_info().state.messages)?)
}

pub(crate) async fn count(pool: &PgPool, _: &str) -> Result<Counts, BoxError> {
    let mut counts = Counts {
        committed: number(pool, "SELECT count(*) FROM orders").await?,
        ..Counts::default()
    };
    for table in ["shipped", "invoiced", "told"] {
        counts.add(pool, table).await?;
        counts.duplicates += repeated(pool, table).await?;
    }
    let disorder = "SELECT count(*) FROM (
        SELECT id, max(id) OVER (PARTITION BY customer ORDER BY turn) AS latest FROM told
    ) AS told WHERE id < latest";
    let disorder = number(pool, disorder).await?;
    if disorder > 0 {
        let broken = format!("customers were told of {disorder} orders after a later one");
        counts.broken.push(broken);
    }
    Ok(counts)
}
