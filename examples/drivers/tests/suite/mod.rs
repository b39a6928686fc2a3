//! The tests that each driver must pass.

use airlock::prelude::*;
use airlock::river::{River, Rows};
use airlock::{BoxError, Intent};
use drivers::effects::send_confirmation;
use sqlx::Pool;

use crate::world::{self, Db, Wakes};

/// The end of a transaction.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    Commit,
    Rollback,
}

/// A driver, connected to the database of a test.
pub(crate) trait Driver: Sized {
    async fn connect(url: &str, pool: &Pool<Db>) -> Result<Self, BoxError>;

    async fn place_order(&mut self, order: i64, intent: Intent) -> Result<(), BoxError>;

    /// Inserts an order and stores jobs in a transaction that the caller commits or rolls back.
    async fn store(&mut self, order: i64, rows: &Rows, end: End) -> Result<(), BoxError>;
}

/// Returns a statement that inserts an order, independent of the examples' code.
pub(crate) fn insert_order(order: i64) -> String {
    format!("INSERT INTO orders (id) VALUES ({order})")
}

/// The orders, and for each job its kind and its recipient.
type Stored = (Vec<i64>, Vec<(String, String)>);

async fn stored(pool: &Pool<Db>) -> Result<Stored, BoxError> {
    let orders = sqlx::query_scalar("SELECT id FROM orders ORDER BY id");
    let jobs = sqlx::query_as("SELECT kind, args->>'to' FROM river_job ORDER BY id");
    Ok((orders.fetch_all(pool).await?, jobs.fetch_all(pool).await?))
}

fn confirmation(order: i64, to: &str) -> Intent {
    Intent::new(send_confirmation(order, to.to_owned()))
}

fn job(to: &str) -> (String, String) {
    ("drivers.send_confirmation".to_owned(), to.to_owned())
}

async fn world<D: Driver>() -> Result<(D, Pool<Db>, world::Kept), BoxError> {
    let (url, kept) = world::database().await?;
    let pool = world::connect(&url).await?;
    River::new(pool.clone())?.migrate().await?;
    sqlx::query("CREATE TABLE orders (id BIGINT PRIMARY KEY)")
        .execute(&pool)
        .await?;
    Ok((D::connect(&url, &pool).await?, pool, kept))
}

pub(crate) async fn a_commit_keeps_order_and_job<D: Driver>() -> Result<(), BoxError> {
    let (mut driver, pool, _kept) = world::<D>().await?;
    let mut wakes = Wakes::listen(&pool).await?;
    driver
        .place_order(7, confirmation(7, "ada@example.org"))
        .await?;
    let expected = (vec![7], vec![job("ada@example.org")]);
    assert_eq!(stored(&pool).await?, expected);
    assert!(wakes.woken().await?, "workers are woken");
    Ok(())
}

pub(crate) async fn a_rollback_keeps_neither<D: Driver>() -> Result<(), BoxError> {
    let (mut driver, pool, _kept) = world::<D>().await?;
    let mut rows = Rows::new();
    rows.push(&confirmation(7, "ada@example.org"), None)?;
    rows.push(&confirmation(7, "grace@example.org"), None)?;
    driver.store(7, &rows, End::Rollback).await?;
    assert_eq!(stored(&pool).await?, (vec![], vec![]));
    driver.store(7, &rows, End::Commit).await?;
    let expected = (
        vec![7],
        vec![job("ada@example.org"), job("grace@example.org")],
    );
    assert_eq!(stored(&pool).await?, expected);

    let again = confirmation(7, "alan@example.org");
    let placed = driver.place_order(7, again).await;
    placed.expect_err("the order exists");
    assert_eq!(stored(&pool).await?, expected);
    Ok(())
}

pub(crate) async fn a_key_that_is_taken_aborts_nothing<D: Driver>() -> Result<(), BoxError> {
    let (mut driver, pool, _kept) = world::<D>().await?;
    for (order, to) in [(7, "ada@example.org"), (8, "grace@example.org")] {
        let intent = confirmation(order, to).with_key("k");
        driver.place_order(order, intent).await?;
    }
    let expected = (vec![7, 8], vec![job("ada@example.org")]);
    assert_eq!(stored(&pool).await?, expected);
    Ok(())
}

/// Generates the tests of a driver, in a module with its name.
macro_rules! tests {
    ($($name:ident $driver:ty)+) => {$(
        mod $name {
            use airlock::BoxError;

            #[tokio::test]
            async fn a_commit_keeps_order_and_job() -> Result<(), BoxError> {
                crate::suite::a_commit_keeps_order_and_job::<$driver>().await
            }

            #[tokio::test]
            async fn a_rollback_keeps_neither() -> Result<(), BoxError> {
                crate::suite::a_rollback_keeps_neither::<$driver>().await
            }

            #[tokio::test]
            async fn a_key_that_is_taken_aborts_nothing() -> Result<(), BoxError> {
                crate::suite::a_key_that_is_taken_aborts_nothing::<$driver>().await
            }
        }
    )+};
}
pub(crate) use tests;
