//! Tests of transactions as scopes.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use airlock::policy::{assert_no_effects, drop_all};
use airlock::prelude::*;
use airlock::river::{TransactionError, savepoint};
use airlock::{EnqueueError, FlushError};
use futures_util::FutureExt;

use super::effects::{Note, cause, index, note, noted, paint, plain_note};
use super::{AnyError, Connection, World, insert_order};

/// A commit stores the data and the intents; only then are the other effects released.
#[tokio::test]
async fn a_commit_stores_intents_with_the_data() -> Result<(), AnyError> {
    let world = World::new().await;
    let id = world
        .river
        .transaction(async |tx| -> Result<_, AnyError> {
            insert_order(tx, 7).await;
            let id = airlock::enqueue(note(7).with_priority(4).on_queue("mail"));
            airlock::enqueue(plain_note(7));
            assert!(noted().is_empty(), "nothing leaves before the commit");
            Ok(id)
        })
        .await?;
    assert_eq!(world.orders().await?, [7]);
    assert_eq!(noted(), [7]);
    let [job] = &world.jobs().await?[..] else {
        panic!("one job")
    };
    assert_eq!(
        (job.kind.as_str(), job.state.as_str()),
        ("test.note", "available")
    );
    assert!(
        job.args.replace(' ', "") == r#"{"number":7}"#,
        "{}",
        job.args
    );
    assert!(
        job.metadata.contains(&id.uuid().to_string()),
        "{}",
        job.metadata
    );
    assert!(
        job.metadata.contains("suite/transaction.rs"),
        "{}",
        job.metadata
    );
    Ok(())
}

#[tokio::test]
async fn an_error_rolls_back_and_discards() -> Result<(), AnyError> {
    let world = World::new().await;
    let failed: Result<(), AnyError> = world
        .river
        .transaction(async |tx| {
            insert_order(tx, 1).await;
            airlock::enqueue(note(1));
            airlock::enqueue(plain_note(1));
            Err("no".into())
        })
        .await;
    assert_eq!(failed.expect_err("it failed").to_string(), "no");
    nothing_happened(&world).await
}

#[tokio::test]
async fn a_panic_rolls_back_and_discards() -> Result<(), AnyError> {
    let world = World::new().await;
    let run = world.river.transaction(async |tx| -> Result<(), AnyError> {
        insert_order(tx, 1).await;
        airlock::enqueue(note(1));
        airlock::enqueue(plain_note(1));
        panic!("on purpose")
    });
    assert!(AssertUnwindSafe(run).catch_unwind().await.is_err());
    nothing_happened(&world).await
}

#[tokio::test]
async fn a_dropped_future_rolls_back_and_discards() -> Result<(), AnyError> {
    let world = World::new().await;
    let (send, receive) = tokio::sync::oneshot::channel();
    {
        let run = world.river.transaction(async |tx| -> Result<(), AnyError> {
            insert_order(tx, 1).await;
            airlock::enqueue(note(1));
            airlock::enqueue(plain_note(1));
            send.send(()).expect("somebody waits");
            std::future::pending().await
        });
        tokio::select! {
            _ = run => unreachable!("it waits for ever"),
            _ = receive => {}
        }
    }
    nothing_happened(&world).await
}

async fn nothing_happened(world: &World) -> Result<(), AnyError> {
    assert!(world.orders().await?.is_empty());
    assert_eq!(world.jobs().await?.len(), 0);
    assert!(noted().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_takes_its_own_intents_along() -> Result<(), AnyError> {
    let world = World::new().await;
    let inner = async |tx: &mut Connection, number: i64, fails: bool| {
        savepoint(tx, async |tx| {
            insert_order(tx, number).await;
            airlock::enqueue(note(number));
            airlock::enqueue(plain_note(number));
            match fails {
                true => Err(AnyError::from("inner")),
                false => Ok(()),
            }
        })
        .await
    };
    world
        .river
        .transaction(async |tx| -> Result<(), AnyError> {
            insert_order(tx, 1).await;
            airlock::enqueue(note(1));
            assert!(inner(tx, 2, true).await.is_err());
            inner(tx, 3, false).await?;
            assert!(noted().is_empty());
            Ok(())
        })
        .await?;
    assert_eq!(world.orders().await?, [1, 3]);
    assert_eq!(world.jobs().await?.len(), 2);
    assert_eq!(noted(), [3]);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_somebody_else_began_takes_the_intents_along() -> Result<(), AnyError> {
    let world = World::new().await;
    for commits in [false, true] {
        let mut begun = world.pool.begin().await?;
        world
            .river
            .in_transaction(&mut *begun, async |tx| -> Result<(), AnyError> {
                insert_order(tx, 1).await;
                airlock::enqueue(note(1));
                Ok(())
            })
            .await?;
        match commits {
            true => begun.commit().await?,
            false => begun.rollback().await?,
        }
        assert_eq!(world.jobs().await?.len(), usize::from(commits));
    }
    Ok(())
}

/// The outer scope captures intents that are released after the commit, and cannot capture those stored with it (R8).
#[tokio::test]
async fn a_scope_around_captures_only_what_is_not_stored() -> Result<(), AnyError> {
    let world = World::new().await;
    airlock::scope()
        .run_async(async |outer| -> Result<(), AnyError> {
            let run = world.river.transaction(async |_| -> Result<(), AnyError> {
                airlock::enqueue(note(1));
                airlock::enqueue(plain_note(1));
                Ok(())
            });
            run.await?;
            assert_eq!(world.jobs().await?.len(), 1);
            assert!(noted().is_empty());
            assert_eq!(outer.len(), 1);
            Ok(())
        })
        .await?;
    assert_eq!(noted(), [1]);
    Ok(())
}

/// A transaction that fails passes no intent to the outer scope.
#[tokio::test]
async fn what_cannot_be_stored_rolls_back_and_comes_back() -> Result<(), AnyError> {
    let world = World::new().await;
    airlock::scope()
        .run_async(async |outer| -> Result<(), AnyError> {
            let failed: Result<(), TransactionError> = world
                .river
                .transaction(async |tx| {
                    insert_order(tx, 1).await;
                    airlock::enqueue(note(1));
                    airlock::enqueue(plain_note(1));
                    airlock::enqueue(paint(super::effects::Colour::Red, "a\0b".to_owned()));
                    Ok(())
                })
                .await;
            let Err(TransactionError::NotStored(error)) = failed else {
                panic!("{failed:?}")
            };
            assert!(
                format!("{:?}", error.failure()).contains("NUL"),
                "{error:?}"
            );
            assert_eq!(error.report().failed().count(), 1);
            let back: Vec<_> = error
                .into_intents()
                .iter()
                .map(|it| it.effect().id())
                .collect();
            assert_eq!(back, ["test.note", "test.paint"]);
            assert_eq!(outer.len(), 0);
            Ok(())
        })
        .await?;
    nothing_happened(&world).await
}

#[tokio::test]
async fn policies_judge_what_is_stored() -> Result<(), AnyError> {
    let world = World::new().await;
    // A policy of the outer scope drops the intent, although the inner scope has not released it yet.
    let dry = airlock::scope().policy(drop_all());
    dry.run_async(async |_| {
        let run = world.river.transaction(async |tx| {
            insert_order(tx, 1).await;
            airlock::enqueue(note(1));
            Ok(())
        });
        run.await
    })
    .await
    .map_err(|error: AnyError| error)?;
    assert_eq!(
        (world.orders().await?.len(), world.jobs().await?.len()),
        (1, 0)
    );
    // A policy vetoes where the intent is enqueued.
    let vetoes = airlock::scope().policy(assert_no_effects());
    let error: EnqueueError = vetoes
        .run_async(async |_| -> Result<_, AnyError> {
            let run = world.river.transaction(async |_| -> Result<_, AnyError> {
                Ok(airlock::try_enqueue(note(2)).expect_err("it is vetoed"))
            });
            run.await
        })
        .await?;
    assert!(error.to_string().contains("assert_no_effects"), "{error}");
    Ok(())
}

#[airlock::boundary(emits(Note))]
async fn order_and_more(world: &World) -> Result<Vec<String>, AnyError> {
    let run = world.river.transaction(async |tx| {
        insert_order(tx, 1).await;
        airlock::enqueue(note(1));
        let others = [
            airlock::try_enqueue(cause(2)).map(drop),
            airlock::try_enqueue(plain_note(3)).map(drop),
        ];
        let refused = others.into_iter().filter_map(Result::err);
        Ok::<_, AnyError>(refused.map(|error| error.to_string()).collect())
    });
    run.await
}

#[tokio::test]
async fn a_boundary_lists_what_its_transactions_may_store() -> Result<(), AnyError> {
    let world = World::new().await;
    let refused = order_and_more(&world).await?;
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[0].contains("emits"), "{refused:?}");
    let kinds: Vec<_> = world.jobs().await?.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds, ["test.note"]);
    Ok(())
}

#[tokio::test]
async fn a_duplicate_does_not_abort_the_transaction() -> Result<(), AnyError> {
    let world = World::new().await;
    let reports = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    for order in [1, 2] {
        let seen = reports.clone();
        world
            .river
            .transactions()
            .scope(|scope| {
                scope.on_report(move |report| seen.lock().expect("no panic").push(report.clone()))
            })
            .run(async |tx| -> Result<(), AnyError> {
                insert_order(tx, order).await;
                airlock::enqueue(index(7));
                Ok(())
            })
            .await?;
    }
    assert_eq!(world.orders().await?, [1, 2]);
    assert_eq!(world.jobs().await?.len(), 1);
    let reports = reports.lock().expect("no panic");
    assert_eq!(reports[0].dispatched().count(), 1);
    let fate = reports[1].entries()[0].fate().to_string();
    assert!(
        fate.contains("dropped by river: job 1 with the same key"),
        "{fate}"
    );
    Ok(())
}

#[tokio::test]
async fn what_river_cannot_do_is_refused_at_the_enqueue() -> Result<(), AnyError> {
    let world = World::new().await;
    world
        .river
        .transaction(async |_| -> Result<(), AnyError> {
            let refused = |intent: airlock::Intent| {
                airlock::try_enqueue(intent)
                    .expect_err("it is refused")
                    .to_string()
            };
            let reason = refused(note(1).with_priority(9));
            assert!(
                reason.contains("priorities 1 to 4, and this is 9"),
                "{reason}"
            );
            let reason = refused(note(1).in_order_of("customer"));
            assert!(reason.contains("keeps no order"), "{reason}");
            let reason = refused(note(1).on_queue("q".repeat(128)));
            assert!(reason.contains("1 to 127 bytes"), "{reason}");
            airlock::enqueue(note(1).after(Duration::from_secs(60)));
            Ok(())
        })
        .await?;
    assert_eq!(world.jobs().await?[0].state, "scheduled");
    Ok(())
}

/// Outside a transaction, River stores intents after the flush, in a separate one.
#[tokio::test]
async fn without_a_transaction_intents_are_stored_after_the_flush() -> Result<(), AnyError> {
    let world = World::new().await;
    let ended = airlock::scope()
        .executor(world.river.clone())
        .run_infallible_async(async |_| {
            airlock::enqueue(note(1));
            airlock::enqueue(plain_note(1));
        })
        .await?;
    assert_eq!(ended.report.dispatched().count(), 2);
    assert_eq!(
        noted(),
        [1],
        "performed in place: River takes durable effects alone"
    );
    assert_eq!(world.jobs().await?.len(), 1);
    // A sync scope cannot store.
    let scope = airlock::scope().executor(world.river.clone());
    let error: FlushError = scope
        .run_infallible(|_| airlock::enqueue(note(2)))
        .expect_err("it cannot be awaited");
    assert!(format!("{:?}", error.failure()).contains("River::transaction"));
    assert_eq!(error.into_intents().len(), 1);
    Ok(())
}

/// An *on failure* intent is stored after the rollback.
#[tokio::test]
async fn an_on_failure_intent_is_stored_after_the_rollback() -> Result<(), AnyError> {
    let world = World::new().await;
    let failed: Result<(), AnyError> = world
        .river
        .transaction(async |tx| {
            insert_order(tx, 1).await;
            airlock::enqueue(note(1));
            airlock::enqueue(note(2).on_failure());
            Err("no".into())
        })
        .await;
    assert!(failed.is_err());
    assert!(world.orders().await?.is_empty());
    let jobs = world.jobs().await?;
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].args.contains('2'));
    Ok(())
}
