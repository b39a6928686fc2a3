//! The roles of the processes that are killed.

use std::time::Duration;

use airlock::river::{River, TransactionError};
use airlock::{Airlock, BoxError};

use super::effects::{book, ship};

/// The roles, with the number of processes of each.
pub(crate) const ROLES: &[(&str, usize)] = &[("produce", 2), ("work", 4)];

pub(crate) async fn play(role: &str, url: &str, first: i64) -> Result<(), BoxError> {
    match role {
        "produce" => produce(url, first).await,
        _ => work(url).await,
    }
}

/// Takes orders until it is killed. Each order has a unique number; every third transaction is rolled back.
async fn produce(url: &str, first: i64) -> Result<(), BoxError> {
    let mut order = first;
    let river = River::new(crate::connect(url).await?)?;
    loop {
        order += 1;
        // Errors are expected, because the database is killed, too.
        if take_order(&river, order).await.is_err() && order % 3 != 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn take_order(river: &River<crate::Db>, order: i64) -> Result<(), BoxError> {
    river
        .transaction(async |connection| {
            let insert = sqlx::query("INSERT INTO orders (id) VALUES ($1)").bind(order);
            insert.execute(connection).await?;
            airlock::enqueue(ship(order));
            airlock::enqueue(book(order));
            match order % 3 {
                0 => Err(BoxError::from("rolled back on purpose")),
                _ => Ok(()),
            }
        })
        .await
}

/// Performs effects until it is killed.
async fn work(url: &str) -> Result<(), BoxError> {
    let pool = crate::connect(url).await?;
    let river = River::new(pool.clone())?;
    let airlock = Airlock::builder().resource(pool).build()?;
    let worker = river
        .worker(airlock)
        .concurrency(20)
        .poll_every(Duration::from_millis(200))
        .rescue_after(Duration::from_secs(4));
    Ok(worker.start()?.wait().await?)
}

/// Checks that the error of the work can be built from a `TransactionError`.
const _: fn(TransactionError) -> BoxError = BoxError::from;
