//! Counting what became of each order.

use airlock::BoxError;
use sqlx::{AssertSqlSafe, Pool};

use crate::Db;

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) committed: i64,
    pub(crate) lost: i64,
    pub(crate) ghosts: i64,
    pub(crate) duplicates: i64,
    /// Orders that were not booked exactly once.
    pub(crate) not_once: i64,
}

impl Counts {
    pub(crate) async fn of(pool: &Pool<Db>) -> Result<Self, BoxError> {
        let mut counts = Self {
            committed: number(pool, "SELECT count(*) FROM orders").await?,
            ..Self::default()
        };
        for table in ["shipped", "invoiced", "booked"] {
            counts.lost += number(
                pool,
                &format!("SELECT count(*) FROM orders WHERE id NOT IN (SELECT id FROM {table})"),
            )
            .await?;
            counts.ghosts += number(
                pool,
                &format!(
                    "SELECT count(DISTINCT id) FROM {table} WHERE id NOT IN (SELECT id FROM orders)"
                ),
            )
            .await?;
            let repeated = number(
                pool,
                &format!("SELECT count(*) - count(DISTINCT id) FROM {table}"),
            )
            .await?;
            match table {
                "booked" => counts.not_once = repeated,
                _ => counts.duplicates += repeated,
            }
        }
        Ok(counts)
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.committed > 0 && self.lost == 0 && self.ghosts == 0 && self.not_once == 0
    }
}

/// How many jobs are not finished.
pub(crate) async fn unfinished(pool: &Pool<Db>) -> Result<i64, BoxError> {
    let query = "SELECT count(*) FROM river_job WHERE finalized_at IS NULL";
    number(pool, query).await
}

/// How many jobs were given up.
pub(crate) async fn given_up(pool: &Pool<Db>) -> Result<i64, BoxError> {
    let query =
        "SELECT count(*) FROM river_job WHERE finalized_at IS NOT NULL AND state <> 'completed'";
    number(pool, query).await
}

async fn number(pool: &Pool<Db>, query: &str) -> Result<i64, BoxError> {
    let query = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
    Ok(query.fetch_one(pool).await?)
}
