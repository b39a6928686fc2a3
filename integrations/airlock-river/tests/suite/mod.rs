//! Tests for every database.

pub(crate) mod effects;

mod bad_rows;
mod crash;
mod engine;
mod executors;
mod transaction;
mod web;
mod worker;

use std::future::Future;
use std::time::Duration;

use airlock::Airlock;
use airlock::river::{Keys, River, RiverDatabase, Running};
use sqlx::{AssertSqlSafe, FromRow, Pool};

use crate::world::{self, Db, Kept};

pub(crate) type AnyError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Connection = <Db as sqlx::Database>::Connection;

/// A database with River's tables and ours.
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) pool: Pool<Db>,
    pub(crate) river: River<Db>,
    _kept: Kept,
}

/// A job as it is stored.
#[derive(Debug, FromRow)]
pub(crate) struct Job {
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) attempt: i64,
    pub(crate) args: String,
    pub(crate) metadata: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let (url, kept) = world::database().await;
        let pool = world::connect(&url).await;
        let river = river_on(&pool);
        river.migrate().await.expect("tables");
        for table in [
            "CREATE TABLE orders (id BIGINT PRIMARY KEY)",
            "CREATE TABLE performed (effect TEXT, number BIGINT, attempt BIGINT, key TEXT)",
        ] {
            sqlx::query(table).execute(&pool).await.expect("a table");
        }
        Self {
            url,
            pool,
            river,
            _kept: kept,
        }
    }

    /// Returns an airlock whose durable effects go to River.
    pub(crate) fn airlock(&self) -> Airlock {
        airlock_of(&self.river, &self.pool)
    }

    /// Starts a worker that polls often.
    pub(crate) fn work(&self) -> Running {
        let worker = self.river.worker(self.airlock());
        worker
            .poll_every(Duration::from_millis(50))
            .start()
            .expect("a worker")
    }

    pub(crate) async fn jobs(&self) -> Result<Vec<Job>, sqlx::Error> {
        let json = world::JSON;
        let query = format!(
            "SELECT kind, CAST(state AS TEXT) AS state, CAST(attempt AS BIGINT) AS attempt,
                {json}(args) AS args, {json}(metadata) AS metadata
            FROM river_job ORDER BY id"
        );
        sqlx::query_as(AssertSqlSafe(query))
            .fetch_all(&self.pool)
            .await
    }

    pub(crate) async fn orders(&self) -> Result<Vec<i64>, sqlx::Error> {
        let query = sqlx::query_scalar("SELECT id FROM orders ORDER BY id");
        query.fetch_all(&self.pool).await
    }

    /// Returns what effects have written: effect, number, attempt, idempotency key.
    pub(crate) async fn performed(&self) -> Result<Vec<(String, i64, i64, String)>, sqlx::Error> {
        let query =
            "SELECT effect, number, attempt, key FROM performed ORDER BY effect, number, attempt";
        sqlx::query_as(query).fetch_all(&self.pool).await
    }

    pub(crate) async fn wait_until_orders_are(&self, expected: &[i64]) {
        wait_until(async || self.orders().await.is_ok_and(|orders| orders == expected)).await;
    }

    /// Waits until this number of effects have written.
    pub(crate) async fn wait_until_performed(&self, effects: usize) {
        wait_until(async || self.performed().await.is_ok_and(|it| it.len() >= effects)).await;
    }

    /// Waits until each job is in one of these states.
    pub(crate) async fn wait_until_states(&self, states: &[&str]) {
        let all_in = |jobs: &[Job]| jobs.iter().all(|job| states.contains(&job.state.as_str()));
        wait_until(async || self.jobs().await.is_ok_and(|jobs| all_in(&jobs))).await;
    }
}

/// Returns a River with the keys that the effects of the engine's suite need.
pub(crate) fn river_on(pool: &Pool<Db>) -> River<Db> {
    let builder = River::builder(pool.clone()).keys(Keys::new([7; 32]));
    builder.build().expect("a river")
}

pub(crate) fn airlock_of(river: &River<Db>, pool: &Pool<Db>) -> Airlock {
    let builder = Airlock::builder().executor(river.clone());
    builder
        .resource(pool.clone())
        .skip_resource_check()
        .build()
        .expect("an airlock")
}

pub(crate) async fn insert_order(tx: &mut Connection, order: i64) {
    let insert = sqlx::query("INSERT INTO orders (id) VALUES ($1)");
    insert.bind(order).execute(tx).await.expect("an order");
}

/// Waits for something that happens in another task or process, for at most a minute.
pub(crate) async fn wait_until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    for _ in 0..3000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it has not happened within a minute");
}

const _: fn() = || {
    fn is_shared<DB: RiverDatabase>() -> fn(River<DB>) {
        fn shared<T: Send + Sync>(_: T) {}
        shared::<River<DB>>
    }
    let _ = is_shared::<Db>();
};
