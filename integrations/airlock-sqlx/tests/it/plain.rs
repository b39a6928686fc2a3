//! Tests of `transaction` and `savepoint`.

use std::panic::AssertUnwindSafe;

use airlock::BoxError;
use airlock::prelude::*;
use airlock::sqlx::{TransactionError, Transactions, savepoint, transaction};
use futures_util::FutureExt;

use crate::world::{World, insert, insert_item_of_nothing, mail};

#[tokio::test]
async fn effects_leave_after_the_commit() -> Result<(), BoxError> {
    let world = World::new().await;
    let run = transaction(&world.pool, async |tx| -> Result<(), BoxError> {
        airlock::enqueue(mail("before".to_owned()));
        insert(tx, 1).await?;
        assert!(world.left().is_empty());
        assert!(world.orders().await.is_empty());
        Ok(())
    });
    world.airlock.bind(run).await?;
    assert_eq!(world.orders().await, [1]);
    assert_eq!(world.left(), ["before"]);
    Ok(())
}

#[tokio::test]
async fn an_error_and_a_panic_roll_back_and_nothing_leaves() -> Result<(), BoxError> {
    let world = World::new().await;
    for panics in [false, true] {
        let run = transaction(&world.pool, async |tx| -> Result<(), BoxError> {
            insert(tx, 1).await?;
            airlock::enqueue(mail("never".to_owned()));
            assert!(!panics, "on purpose");
            Err("no".into())
        });
        let ended = AssertUnwindSafe(world.airlock.bind(run))
            .catch_unwind()
            .await;
        assert_eq!(ended.is_err(), panics);
    }
    assert!(world.orders().await.is_empty());
    assert!(world.left().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_commit_that_fails_lets_nothing_leave() -> Result<(), BoxError> {
    let world = World::new().await;
    let run = async {
        airlock::scope()
            .run_async(async |outer| {
                let failed: Result<(), BoxError> = transaction(&world.pool, async |tx| {
                    insert(tx, 1).await?;
                    insert_item_of_nothing(tx).await?;
                    airlock::enqueue(mail("never".to_owned()));
                    Ok(())
                })
                .await;
                assert_eq!(outer.len(), 0, "nor is it with the scope around");
                failed
            })
            .await
    };
    let error = world
        .airlock
        .bind(run)
        .await
        .expect_err("a constraint fails");
    let error = error.downcast::<TransactionError>()?;
    assert!(matches!(*error, TransactionError::Commit(_)), "{error:?}");
    assert!(world.orders().await.is_empty());
    assert!(world.left().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_savepoint_is_a_nested_scope() -> Result<(), BoxError> {
    let world = World::new().await;
    let transactions = Transactions::new(world.pool.clone()).scope(|scope| scope.name("orders"));
    let run = transactions.run(async |tx| -> Result<(), BoxError> {
        insert(tx, 1).await?;
        let failed: Result<(), BoxError> = savepoint(tx, async |tx| {
            insert(tx, 2).await?;
            airlock::enqueue(mail("two".to_owned()));
            Err("no".into())
        })
        .await;
        assert!(failed.is_err());
        savepoint(tx, async |tx| -> Result<(), BoxError> {
            insert(tx, 3).await?;
            airlock::enqueue(mail("three".to_owned()));
            Ok(())
        })
        .await?;
        assert!(world.left().is_empty(), "a savepoint is no commit");
        Ok(())
    });
    world.airlock.bind(run).await?;
    assert_eq!(world.orders().await, [1, 3]);
    assert_eq!(world.left(), ["three"]);
    Ok(())
}

/// The error of a flush that fails after the commit says that the work must not be repeated.
#[tokio::test]
async fn a_failed_effect_after_the_commit_is_told_as_such() -> Result<(), BoxError> {
    let world = World::new().await;
    // The effect fails because its resource is missing.
    let failed: Result<(), TransactionError> = transaction(&world.pool, async |tx| {
        insert(tx, 1).await.map_err(TransactionError::Begin)?;
        airlock::enqueue(mail("lost".to_owned()));
        Ok(())
    })
    .await;
    let Err(TransactionError::Flush(error)) = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(error.report().failed().count(), 1);
    assert_eq!(world.orders().await, [1]);
    Ok(())
}

/// Some SQLite errors end a transaction; the statements after them would commit one by one.
#[tokio::test]
async fn a_transaction_that_has_ended_within_its_work_is_not_committed() -> Result<(), BoxError> {
    let world = World::new().await;
    for ends in ["INSERT OR ROLLBACK INTO orders (id) VALUES (1)", "ROLLBACK"] {
        let run = transaction(&world.pool, async |tx| -> Result<(), BoxError> {
            insert(tx, 1).await?;
            airlock::enqueue(mail("never".to_owned()));
            let _ = sqlx::query(ends).execute(&mut *tx).await;
            Ok(())
        });
        let error = world.airlock.bind(run).await.expect_err("it has ended");
        assert!(
            error
                .downcast_ref::<TransactionError>()
                .is_some_and(|error| { matches!(error, TransactionError::Commit(_)) })
        );
    }
    assert!(world.orders().await.is_empty());
    assert!(world.left().is_empty());
    Ok(())
}

/// Intents enqueued on failure are released if the commit fails, but not if its result is unknown.
#[tokio::test]
async fn on_failure_intents_leave_when_the_commit_fails() -> Result<(), BoxError> {
    let world = World::new().await;
    let run = transaction(&world.pool, async |tx| -> Result<(), BoxError> {
        insert_item_of_nothing(tx).await?;
        airlock::enqueue(mail("sorry".to_owned()).on_failure());
        airlock::enqueue(mail("never".to_owned()));
        Ok(())
    });
    assert!(world.airlock.bind(run).await.is_err());
    assert_eq!(world.left(), ["sorry"]);
    Ok(())
}
