//! Tests of workers, besides those for every engine.

use airlock::river::TransactionError;

use super::effects::{again, book, cause, fail_once, fall, hang, note};
use super::{AnyError, World};

/// Stores intents in a transaction.
async fn store(world: &World, enqueue: impl FnOnce() + Send) {
    let stored: Result<(), TransactionError> = world
        .river
        .transaction(async |_| {
            enqueue();
            Ok(())
        })
        .await;
    stored.expect("a commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_under_an_alias_is_performed() -> Result<(), AnyError> {
    let world = World::new().await;
    store(&world, || _ = airlock::enqueue(note(5))).await;
    sqlx::query("UPDATE river_job SET kind = 'test.noted_before'")
        .execute(&world.pool)
        .await?;
    let worker = world.work();
    world.wait_until_performed(1).await;
    worker.stop().await?;
    assert_eq!(world.performed().await?[0].1, 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_effect_enqueues_is_stored_with_its_completion() -> Result<(), AnyError> {
    let world = World::new().await;
    store(&world, || _ = airlock::enqueue(cause(10))).await;
    let worker = world.work();
    world.wait_until_performed(3).await;
    world.wait_until_states(&["completed"]).await;
    worker.stop().await?;
    let performed = world.performed().await?;
    let names: Vec<_> = performed.iter().map(|it| (it.0.as_str(), it.1)).collect();
    assert_eq!(names, [("cause", 10), ("note", 11), ("write_plainly", 12)]);
    let jobs = world.jobs().await?;
    assert_eq!(jobs.len(), 2);
    let first = &performed[0].3;
    assert!(
        jobs[1].metadata.contains(first),
        "its cause: {}",
        jobs[1].metadata
    );
    Ok(())
}

/// The depth limit also counts effects in other processes.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_cascade_ends() -> Result<(), AnyError> {
    let world = World::new().await;
    store(&world, || _ = airlock::enqueue(again(1))).await;
    let worker = world.work();
    super::wait_until(async || {
        let jobs = world.jobs().await.unwrap_or_default();
        jobs.last().is_some_and(|job| job.state == "discarded")
    })
    .await;
    worker.stop().await?;
    let jobs = world.jobs().await?;
    assert_eq!(jobs.len(), 33, "32 causes, and the one that they caused");
    assert!(
        jobs[32].metadata.contains("cascade is deeper than 32"),
        "{}",
        jobs[32].metadata
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn timeouts_panics_and_once_are_kept() -> Result<(), AnyError> {
    let world = World::new().await;
    store(&world, || {
        airlock::enqueue(hang(1));
        airlock::enqueue(fall());
        airlock::enqueue(fail_once(3));
    })
    .await;
    let worker = world.work();
    world.wait_until_states(&["discarded"]).await;
    worker.stop().await?;
    let jobs = world.jobs().await?;
    let attempts: Vec<_> = jobs.iter().map(|job| job.attempt).collect();
    assert_eq!(attempts, [2, 2, 1]);
    for (job, why) in jobs
        .iter()
        .zip(["longer than 50ms", "on purpose", "3 fails"])
    {
        assert!(job.metadata.contains(why), "{}", job.metadata);
    }
    Ok(())
}

/// The writes of an effect, the intents that it enqueues and its completion are one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn an_effect_writes_in_the_transaction_that_completes_it() -> Result<(), AnyError> {
    let world = World::new().await;
    store(&world, || {
        airlock::enqueue(book(1, false));
        airlock::enqueue(book(2, true));
    })
    .await;
    let worker = world.work();
    world.wait_until_performed(2).await;
    world.wait_until_states(&["completed"]).await;
    worker.stop().await?;
    assert_eq!(
        world.orders().await?,
        [1, 2],
        "the write of the failed attempt was rolled back"
    );
    assert_eq!(world.jobs().await?.len(), 4);
    Ok(())
}

/// The migrations printed for other tools are complete.
#[tokio::test(flavor = "multi_thread")]
async fn printed_migrations_are_enough() -> Result<(), AnyError> {
    let (url, _kept) = crate::world::database().await;
    let pool = crate::world::connect(&url).await;
    let river = super::river_on(&pool);
    let printed = river.migrations().await?;
    assert_eq!(printed[0].version, 1);
    for migration in printed {
        // Each runs in a separate transaction, as in such a tool: a new value of an enum can only be used after the
        // commit.
        let sql = sqlx::AssertSqlSafe(migration.sql);
        sqlx::raw_sql(sql).execute(&pool).await?;
    }
    assert!(river.migrations().await?.is_empty());
    river.migrate().await?;
    let stored: Result<_, AnyError> = river
        .transaction(async |_| Ok(airlock::enqueue(note(1))))
        .await;
    stored?;
    Ok(())
}

/// Several processes start at once on a new database.
#[tokio::test(flavor = "multi_thread")]
async fn migrations_may_run_at_once() -> Result<(), AnyError> {
    let (url, _kept) = crate::world::database().await;
    let mut started = Vec::new();
    for _ in 0..4 {
        let river = super::river_on(&crate::world::connect(&url).await);
        started.push(tokio::spawn(async move { river.migrate().await }));
    }
    for ended in started {
        ended.await??;
    }
    let river = super::river_on(&crate::world::connect(&url).await);
    assert!(river.migrations().await?.is_empty());
    Ok(())
}
