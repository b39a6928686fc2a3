//! Tests with a file that cannot be written: the error is clear, nothing is lost, and storing works again afterwards.

use std::time::Duration;

use airlock::river::{River, TransactionError};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::suite::effects::note;
use crate::suite::{AnyError, World, river_on};
use crate::world::Db;

async fn store(river: &River<Db>, number: i64) -> Result<(), TransactionError> {
    let run = river.transaction(async |_| -> Result<(), TransactionError> {
        airlock::enqueue(note(number));
        Ok(())
    });
    run.await
}

fn came_back(stored: Result<(), TransactionError>, why: &str) {
    let Err(TransactionError::NotStored(error)) = stored else {
        panic!("{stored:?}")
    };
    assert!(format!("{error:?}").contains(why), "{error:?}");
    assert_eq!(error.into_intents().len(), 1);
}

#[tokio::test]
async fn a_file_that_is_full_loses_nothing() -> Result<(), AnyError> {
    let world = World::new().await;
    let options = SqliteConnectOptions::new()
        .filename(&world.url)
        .pragma("max_page_count", "1");
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let river = river_on(&pool);
    let mut stored = 0;
    let full = loop {
        match store(&river, stored).await {
            Ok(()) => stored += 1,
            full => break full,
        }
        assert!(stored < 10_000, "it is never full");
    };
    came_back(full, "database or disk is full");
    assert_eq!(world.jobs().await?.len(), usize::try_from(stored)?);
    // Make room again.
    sqlx::query("PRAGMA max_page_count = 100000")
        .execute(&pool)
        .await?;
    store(&river, stored).await?;
    assert_eq!(world.jobs().await?.len(), usize::try_from(stored + 1)?);
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_read_only_loses_nothing() -> Result<(), AnyError> {
    let world = World::new().await;
    let options = SqliteConnectOptions::new()
        .filename(&world.url)
        .pragma("query_only", "on");
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let river = river_on(&pool);
    let stored = store(&river, 1).await;
    assert!(
        format!("{stored:?}").contains("readonly database"),
        "{stored:?}"
    );
    sqlx::query("PRAGMA query_only = off")
        .execute(&pool)
        .await?;
    store(&river, 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_somebody_else_writes_is_waited_for_and_then_told() -> Result<(), AnyError> {
    let world = World::new().await;
    let options = SqliteConnectOptions::new()
        .filename(&world.url)
        .busy_timeout(Duration::from_millis(50));
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let other = world.pool.begin_with("BEGIN IMMEDIATE").await?;
    let stored = store(&river_on(&pool), 1).await;
    assert!(
        matches!(stored, Err(TransactionError::Begin(_))),
        "{stored:?}"
    );
    other.rollback().await?;
    store(&river_on(&pool), 1).await?;
    Ok(())
}
