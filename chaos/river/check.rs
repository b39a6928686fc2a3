//! Counts the effects of each order.

use airlock::BoxError;
use airlock::river::River;
use sqlx::{AssertSqlSafe, Pool};

use super::effects::TABLES;
use crate::Db;
use crate::driver::{Counts, number, repeated};

pub(crate) async fn set_up(pool: &Pool<Db>, _: &str) -> Result<(), BoxError> {
    River::new(pool.clone())?.migrate().await?;
    for table in TABLES {
        let unique = if table == "orders" {
            " PRIMARY KEY"
        } else {
            ""
        };
        let create = format!("CREATE TABLE {table} (id BIGINT{unique})");
        sqlx::query(AssertSqlSafe(create)).execute(pool).await?;
    }
    Ok(())
}

/// Returns the number of unfinished jobs.
pub(crate) async fn unfinished(pool: &Pool<Db>, _: &str) -> Result<i64, BoxError> {
    let query = "SELECT count(*) FROM river_job WHERE finalized_at IS NULL";
    number(pool, query).await
}

pub(crate) async fn count(pool: &Pool<Db>, _: &str) -> Result<Counts, BoxError> {
    let mut counts = Counts {
        committed: number(pool, "SELECT count(*) FROM orders").await?,
        ..Counts::default()
    };
    for table in ["shipped", "invoiced", "booked"] {
        counts.add(pool, table).await?;
        let repeated = repeated(pool, table).await?;
        match table {
            "booked" if repeated > 0 => counts
                .broken
                .push(format!("{repeated} orders were booked more than once")),
            _ => counts.duplicates += repeated,
        }
    }
    Ok(counts)
}
