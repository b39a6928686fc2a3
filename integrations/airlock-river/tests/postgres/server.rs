//! Tests with a server that rejects writes or ends: the error is clear, nothing is lost, and storing works again
//! afterwards.

use std::time::Duration;

use airlock::river::{River, TransactionError};
use airlock_servers::Postgres;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::suite::effects::{Colour, note, paint};
use crate::suite::{AnyError, World, airlock_of, river_on, wait_until};
use crate::world::{self, Db};

async fn store(river: &River<Db>, number: i64) -> Result<(), TransactionError> {
    let run = river.transaction(async |_| -> Result<(), TransactionError> {
        airlock::enqueue(note(number));
        Ok(())
    });
    run.await
}

#[tokio::test]
async fn a_database_that_is_read_only_loses_nothing() -> Result<(), AnyError> {
    let world = World::new().await;
    sqlx::query("SET default_transaction_read_only = on")
        .execute(&world.pool)
        .await?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(&world.url)
        .await?;
    sqlx::query("SET default_transaction_read_only = on")
        .execute(&pool)
        .await?;
    let stored = store(&river_on(&pool), 1).await;
    let Err(TransactionError::NotStored(error)) = stored else {
        panic!("{stored:?}")
    };
    assert!(
        format!("{error:?}").contains("read-only transaction"),
        "{error:?}"
    );
    assert_eq!(error.into_intents().len(), 1);
    sqlx::query("SET default_transaction_read_only = off")
        .execute(&pool)
        .await?;
    store(&river_on(&pool), 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_disk_that_is_full_loses_nothing() -> Result<(), AnyError> {
    // Larger than a segment of the log, and a table fills it soon.
    let server = Postgres::start_limited(&["fsync=off"], Some(20 << 20))?;
    let pool = world::connect(&server.url("postgres")).await;
    let river = river_on(&pool);
    river.migrate().await?;
    let mut stored = 0;
    let error = loop {
        let text = (0..20_000)
            .map(|number| format!("{number:x} {stored}"))
            .collect();
        let run = river.transaction(async |_| -> Result<(), TransactionError> {
            airlock::enqueue(paint(Colour::Red, text));
            Ok(())
        });
        match run.await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 10_000, "it is never full");
    };
    let TransactionError::NotStored(error) = error else {
        panic!("{error:?}")
    };
    assert!(
        format!("{error:?}").contains("could not extend file"),
        "{error:?}"
    );
    let back = error.into_intents();
    assert_eq!(back.len(), 1);
    let jobs: i64 = sqlx::query_scalar("SELECT count(*) FROM river_job")
        .fetch_one(&pool)
        .await?;
    assert_eq!(jobs, stored);
    // Make room again.
    sqlx::query("DELETE FROM river_job WHERE id % 2 = 0")
        .execute(&pool)
        .await?;
    sqlx::query("VACUUM river_job").execute(&pool).await?;
    let run = river.transaction(async |_| -> Result<(), TransactionError> {
        for intent in back {
            airlock::enqueue(intent);
        }
        Ok(())
    });
    run.await?;
    Ok(())
}

#[tokio::test]
async fn a_pool_that_is_exhausted_is_told() -> Result<(), AnyError> {
    let world = World::new().await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_millis(50))
        .connect(&world.url)
        .await?;
    let held = pool.acquire().await?;
    let stored = store(&river_on(&pool), 1).await;
    assert!(
        matches!(stored, Err(TransactionError::Begin(_))),
        "{stored:?}"
    );
    drop(held);
    store(&river_on(&pool), 1).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_restarted_is_gone_on_with() -> Result<(), AnyError> {
    let mut server = tokio::task::spawn_blocking(|| Postgres::start(&["fsync=off"])).await??;
    let pool = world::connect(&server.url("postgres")).await;
    let river = river_on(&pool);
    river.migrate().await?;
    sqlx::query("CREATE TABLE performed (effect TEXT, number BIGINT, attempt BIGINT, key TEXT)")
        .execute(&pool)
        .await?;
    let worker = river.worker(airlock_of(&river, &pool));
    let worker = worker.poll_every(Duration::from_millis(50)).start()?;
    let performed = async |count: i64| {
        let query = sqlx::query_scalar::<_, i64>("SELECT count(DISTINCT number) FROM performed");
        query.fetch_one(&pool).await.is_ok_and(|it| it == count)
    };
    store(&river, 1).await?;
    wait_until(async || performed(1).await).await;
    server =
        tokio::task::spawn_blocking(move || server.crash_and_restart().map(|()| server)).await??;
    // The pool may still hold connections that broke.
    wait_until(async || store(&river, 2).await.is_ok()).await;
    wait_until(async || performed(2).await).await;
    worker.stop().await?;
    drop(server);
    Ok(())
}

/// The grants that the guide documents, for a program that only stores, and for a worker.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_grants_are_enough() -> Result<(), AnyError> {
    let world = World::new().await;
    let mut admin = PgConnection::connect(&world.url).await?;
    let user = format!("u{}", world.url.rsplit('/').next().unwrap_or_default());
    let (stores, works) = (format!("{user}_stores"), format!("{user}_works"));
    for grant in [
        format!("CREATE ROLE {stores} LOGIN"),
        format!("CREATE ROLE {works} LOGIN"),
        format!("GRANT INSERT, UPDATE (kind), SELECT ON river_job TO {stores}"),
        format!("GRANT USAGE ON SEQUENCE river_job_id_seq TO {stores}"),
        format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON river_job, river_leader, river_queue, \
             river_notification TO {works}"
        ),
        format!("GRANT SELECT ON river_migration TO {works}"),
        format!("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {works}"),
        format!("GRANT INSERT ON performed TO {works}"),
    ] {
        sqlx::query(AssertSqlSafe(grant))
            .execute(&mut admin)
            .await?;
    }
    let as_role = |role: &str| world.url.replace("postgres@", &format!("{role}@"));
    let producer = world::connect(&as_role(&stores)).await;
    store(&river_on(&producer), 1).await?;
    let pool = world::connect(&as_role(&works)).await;
    let river = river_on(&pool);
    let worker = river.worker(airlock_of(&river, &pool));
    let worker = worker.poll_every(Duration::from_millis(50)).start()?;
    world.wait_until_performed(1).await;
    world.wait_until_states(&["completed"]).await;
    worker.stop().await?;
    for role in [stores, works] {
        let drop = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut admin)
            .await?;
    }
    Ok(())
}
