//! Tests of River as the outbox: intents are recorded with the caller's data, and forwarded.

use std::time::Duration;

use airlock::nats::Nats;
use airlock::river::River;
use airlock::{BoxError, IntoIntent};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{Sqlite, SqliteConnection};

use crate::effects::{Journal, keyed, large, note, stumble, wait_until};
use crate::world;

type Tested = Result<(), BoxError>;

struct World {
    name: String,
    nats: Nats,
    pool: SqlitePool,
    river: River<Sqlite>,
    journal: Journal,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Result<Self, BoxError> {
        let name = world::new_name();
        let nats = world::builder(&name).await.build()?;
        let folder = tempfile::tempdir()?;
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("jobs.sqlite"))
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(30))
            .create_if_missing(true);
        let pool = SqlitePoolOptions::new().connect_with(options).await?;
        let river = River::builder(pool.clone()).keys(world::keys());
        let river = river.forward_all(nats.clone()).build()?;
        river.migrate().await?;
        Ok(Self {
            name,
            nats,
            pool,
            river,
            journal: Journal::default(),
            _folder: folder,
        })
    }

    async fn transaction(&self, enqueue: impl FnOnce()) -> Tested {
        let work = async |_: &mut SqliteConnection| {
            enqueue();
            Ok::<(), BoxError>(())
        };
        self.river.transaction(work).await
    }

    async fn unfinished(&self) -> Result<i64, BoxError> {
        let query = "SELECT count(*) FROM river_job WHERE finalized_at IS NULL";
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// Returns the number of jobs that are marked as forwarded.
    async fn forwarded(&self) -> Result<i64, BoxError> {
        let query = r#"SELECT count(*) FROM river_job
            WHERE metadata->>'airlock:forwarded' = 'JetStream' AND state = 'completed'"#;
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    async fn left(&self) -> u64 {
        let context = airlock::nats::async_nats::jetstream::new(world::connect().await);
        let stream = context.get_stream(&self.name).await;
        stream.map_or(u64::MAX, |it| it.cached_info().state.messages)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_is_performed_by_the_other_engine_and_nothing_else() -> Tested {
    let world = World::new().await?;
    world.nats.ensure_stream().await?;
    world
        .transaction(|| {
            airlock::enqueue(note(1).with_header("tenant", "acme"));
        })
        .await?;
    let failed = world.river.transaction(async |_: &mut SqliteConnection| {
        airlock::enqueue(note(2));
        Err::<(), _>(BoxError::from("on purpose"))
    });
    assert!(failed.await.is_err());
    let forwarder = world.river.forwarder().start()?;
    let worker = world.nats.worker(world.journal.airlock()).start().await?;
    world.journal.wait_until(1).await;
    wait_until(async || world.left().await == 0).await;
    assert_eq!(world.journal.all(), [("note", 1, 1)]);
    wait_until(async || world.unfinished().await.is_ok_and(|jobs| jobs == 0)).await;
    assert_eq!(world.forwarded().await?, 1);
    forwarder.stop().await?;
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_forwarded_waits_and_is_forwarded_later() -> Tested {
    let world = World::new().await?;
    world.transaction(|| _ = airlock::enqueue(note(1))).await?;
    let forwarder = world.river.forwarder().start()?;
    // The stream does not exist yet.
    let snoozed = "SELECT count(*) FROM river_job
        WHERE metadata->>'airlock:waits' LIKE '%create the stream by `ensure_stream`%'";
    wait_until(async || {
        let count: Result<i64, _> = sqlx::query_scalar(snoozed).fetch_one(&world.pool).await;
        count.is_ok_and(|count| count == 1)
    })
    .await;
    world.nats.ensure_stream().await?;
    let worker = world.nats.worker(world.journal.airlock()).start().await?;
    world.journal.wait_until(1).await;
    forwarder.stop().await?;
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_a_key_is_kept_from_the_transaction_to_the_effect() -> Tested {
    let world = World::new().await?;
    world.nats.ensure_stream().await?;
    for number in 0..40 {
        world
            .transaction(|| {
                airlock::enqueue(stumble(number * 2).in_order_of("one"));
                airlock::enqueue(stumble(number * 2 + 1).in_order_of("one"));
            })
            .await?;
    }
    let forwarders = [
        world.river.forwarder().start()?,
        world.river.forwarder().start()?,
    ];
    let worker = world.nats.worker(world.journal.airlock()).start().await?;
    world.journal.wait_until(80).await;
    assert_eq!(world.journal.numbers(), (0..80).collect::<Vec<_>>());
    wait_until(async || world.unfinished().await.is_ok_and(|jobs| jobs == 0)).await;
    assert_eq!(world.forwarded().await?, 80);
    for forwarder in forwarders {
        forwarder.stop().await?;
    }
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_recognised_in_both_engines() -> Tested {
    let world = World::new().await?;
    world.nats.ensure_stream().await?;
    let forwarder = world.river.forwarder().start()?;
    world.transaction(|| _ = airlock::enqueue(keyed(1))).await?;
    wait_until(async || world.left().await == 1).await;
    wait_until(async || world.unfinished().await.is_ok_and(|jobs| jobs == 0)).await;
    // River has completed the first one, but the other engine has not.
    world.transaction(|| _ = airlock::enqueue(keyed(1))).await?;
    wait_until(async || world.unfinished().await.is_ok_and(|jobs| jobs == 0)).await;
    let worker = world.nats.worker(world.journal.airlock()).start().await?;
    wait_until(async || world.left().await == 0).await;
    assert_eq!(world.journal.numbers(), [1]);
    forwarder.stop().await?;
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_engine_cannot_hold_is_refused_at_the_enqueue() -> Tested {
    let world = World::new().await?;
    let mut answers = Vec::new();
    world
        .transaction(|| {
            let too_large = large("x".repeat(2_000_000));
            answers.push(airlock::try_enqueue(too_large).map(drop));
            let later = note(1).in_order_of("one").after(Duration::from_secs(1));
            answers.push(airlock::try_enqueue(later).map(drop));
            let with_key = keyed(1).in_order_of("one");
            answers.push(airlock::try_enqueue(with_key).map(drop));
        })
        .await?;
    let said: Vec<String> = answers
        .into_iter()
        .map(|it| it.expect_err("refused").to_string())
        .collect();
    assert!(said[0].contains("pass its id"), "{}", said[0]);
    assert!(said[1].contains("in order"), "{}", said[1]);
    assert!(said[2].contains("drop the key"), "{}", said[2]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_does_not_exist_cannot_be_forwarded() -> Tested {
    let world = World::new().await?;
    let river = River::builder(world.pool.clone()).keys(world::keys());
    let built = river
        .forward_effect("test.nobody", world.nats.clone())
        .build();
    let error = built.expect_err("there is none").to_string();
    assert!(error.contains("`test.nobody`"), "{error}");
    let river = River::builder(world.pool.clone()).keys(world::keys());
    let river = river
        .forward_effect("test.note", world.nats.clone())
        .build()?;
    let error = river.forwarder().start().expect_err("it has no queue");
    assert!(error.to_string().contains("forward_queue"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_one_key_go_each_to_its_own_engine() -> Tested {
    let world = World::new().await?;
    let (other_name, other) = world::named().await;
    world.nats.ensure_stream().await?;
    let river = River::builder(world.pool.clone()).keys(world::keys());
    let river = river
        .forward_effect("test.note", world.nats.clone())
        .forward_effect("test.stumble", other.clone())
        .build()?;
    let work = async |_: &mut SqliteConnection| {
        for number in 0..10 {
            airlock::enqueue(note(number).in_order_of("one"));
            airlock::enqueue(stumble(number).in_order_of("one"));
        }
        Ok::<(), BoxError>(())
    };
    river.transaction(work).await?;
    let worker = river.worker(world.journal.airlock()).start()?;
    wait_until(async || world.unfinished().await.is_ok_and(|jobs| jobs == 0)).await;
    worker.stop().await?;
    let context = airlock::nats::async_nats::jetstream::new(world::connect().await);
    for stream in [&world.name, &other_name] {
        let stream = context.get_stream(stream).await?;
        assert_eq!(stream.cached_info().state.messages, 10);
    }
    Ok(())
}
