//! The counts of orders and their effects.

use airlock::BoxError;
use sqlx::{AssertSqlSafe, Pool};

use crate::Db;

/// The result of a run.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) committed: i64,
    /// Effects of committed orders that were not performed.
    pub(crate) lost: i64,
    /// Effects of uncommitted orders that were performed.
    pub(crate) ghosts: i64,
    /// Effects that were performed again.
    pub(crate) duplicates: i64,
    /// Other broken guarantees, each in a sentence.
    pub(crate) broken: Vec<String>,
}

impl Counts {
    /// Adds the lost orders and the ghosts of a table.
    pub(crate) async fn add(&mut self, pool: &Pool<Db>, table: &str) -> Result<(), BoxError> {
        self.lost += number(
            pool,
            &format!("SELECT count(*) FROM orders WHERE id NOT IN (SELECT id FROM {table})"),
        )
        .await?;
        self.ghosts += number(
            pool,
            &format!(
                "SELECT count(DISTINCT id) FROM {table} WHERE id NOT IN (SELECT id FROM orders)"
            ),
        )
        .await?;
        Ok(())
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.committed > 0 && self.lost == 0 && self.ghosts == 0 && self.broken.is_empty()
    }
}

/// Counts the rows of a table that repeat an order.
pub(crate) async fn repeated(pool: &Pool<Db>, table: &str) -> Result<i64, BoxError> {
    number(
        pool,
        &format!("SELECT count(*) - count(DISTINCT id) FROM {table}"),
    )
    .await
}

pub(crate) async fn number(pool: &Pool<Db>, query: &str) -> Result<i64, BoxError> {
    let query = sqlx::query_scalar(AssertSqlSafe(query.to_owned()));
    Ok(query.fetch_one(pool).await?)
}
