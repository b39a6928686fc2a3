//! Tests of rows with bad contents: each gets its own verdict, and the others are performed.

use sqlx::AssertSqlSafe;

use super::effects::note;
use super::{AnyError, World};

/// Stores a job without airlock.
async fn insert(world: &World, kind: &str, args: &str, metadata: &str) -> Result<(), sqlx::Error> {
    let insert = format!(
        "INSERT INTO river_job (kind, args, metadata, max_attempts) VALUES ('{kind}', {}, {}, 3)",
        crate::world::jsonb(args),
        crate::world::jsonb(metadata)
    );
    let insert = sqlx::query(AssertSqlSafe(insert));
    insert.execute(&world.pool).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_stops_no_other() -> Result<(), AnyError> {
    let world = World::new().await;
    let deep = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    let long = format!(r#"{{"colour":"{}","text":""}}"#, "x".repeat(10_000_000));
    insert(&world, "test.nobody_knows", "{}", "{}").await?;
    insert(&world, "test.note", "[1, 2]", "{}").await?;
    insert(&world, "test.note", r#"{"number": "seven"}"#, "{}").await?;
    insert(&world, "test.note", &deep, "{}").await?;
    insert(&world, "test.paint", &long, "{}").await?;
    insert(
        &world,
        "test.paint",
        r#"{"colour": "Blue", "text": ""}"#,
        "{}",
    )
    .await?;
    insert(&world, "test.note", r#"{"number": 1}"#, r#"{"airlock": 5}"#).await?;
    insert(
        &world,
        "test.note",
        r#"{"number": 2}"#,
        r#"{"airlock": {"v": 99}}"#,
    )
    .await?;
    insert(&world, "test.note", r#"{"number": 3}"#, "{}").await?;
    let stored: Result<_, AnyError> = world
        .river
        .transaction(async |_| Ok(airlock::enqueue(note(4))))
        .await;
    stored?;
    let worker = world.work();
    world.wait_until_performed(2).await;
    super::wait_until(async || {
        let jobs = world.jobs().await.unwrap_or_default();
        jobs.iter().filter(|job| job.state == "discarded").count() == 6
    })
    .await;
    worker.stop().await?;
    let jobs = world.jobs().await?;
    let waits = |state| match state {
        "available" | "scheduled" => "waits",
        other => other,
    };
    let states: Vec<_> = jobs.iter().map(|job| waits(job.state.as_str())).collect();
    assert_eq!(
        states,
        [
            "waits",
            "discarded",
            "discarded",
            "discarded",
            "discarded",
            "discarded",
            "discarded",
            "waits",
            "completed",
            "completed",
        ]
    );
    assert!(
        jobs[2]
            .metadata
            .contains("could not decode the arguments of `test.note`")
    );
    assert!(
        jobs[7].metadata.contains("version 99"),
        "{}",
        jobs[7].metadata
    );
    assert_eq!(jobs[7].attempt, 0, "left to others, it counts no attempt");
    let numbers: Vec<_> = world.performed().await?.iter().map(|it| it.1).collect();
    assert_eq!(numbers, [3, 4]);
    Ok(())
}

/// Clocks are adjusted, and the clocks of machines differ.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_stops_nothing() -> Result<(), AnyError> {
    let world = World::new().await;
    insert(&world, "test.note", r#"{"number": 1}"#, "{}").await?;
    insert(
        &world,
        "test.note",
        r#"{"number": 2}"#,
        r#"{"airlock": {"v": 99}}"#,
    )
    .await?;
    let long_ago = "UPDATE river_job SET scheduled_at = '1971-01-01 00:00:00'";
    sqlx::query(long_ago).execute(&world.pool).await?;
    let to_come = "UPDATE river_job SET created_at = '2999-01-01 00:00:00'";
    sqlx::query(to_come).execute(&world.pool).await?;
    let worker = world.work();
    world.wait_until_performed(1).await;
    super::wait_until(async || {
        let jobs = world.jobs().await.unwrap_or_default();
        jobs.iter().any(|job| job.metadata.contains("version 99"))
    })
    .await;
    worker.stop().await?;
    let jobs = world.jobs().await?;
    assert_eq!(jobs[0].state, "completed");
    assert!(
        ["available", "scheduled"].contains(&jobs[1].state.as_str()),
        "{jobs:?}"
    );
    Ok(())
}
