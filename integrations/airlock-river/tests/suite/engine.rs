//! The suite of tests for every engine.

use std::sync::Arc;
use std::time::Duration;

use airlock::executor::{BoxFuture, Executor};
use airlock::river::{River, Running, TransactionError};
use airlock::{Airlock, BoxError};
use airlock_durable::suite::{Dead, Subject, Worker};
use airlock_durable::{Capabilities, Envelope};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tokio::runtime::Runtime;

use super::{World, river_on};
use crate::world::{self, Db};

airlock_durable::engine_suite!(RiverSubject::new);

struct RiverSubject {
    world: World,
    river: River<Db>,
}

impl RiverSubject {
    async fn new() -> Self {
        let world = World::new().await;
        let river = river_on(&world.pool);
        Self { world, river }
    }
}

impl Subject for RiverSubject {
    fn capabilities(&self) -> Capabilities {
        self.river.capabilities()
    }

    fn executor(&self) -> Arc<dyn Executor> {
        Arc::new(self.river.clone())
    }

    fn store<'a>(
        &'a self,
        enqueue: Box<dyn FnOnce() + Send + 'a>,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            let run = self
                .river
                .transaction(async |_| -> Result<(), TransactionError> {
                    enqueue();
                    Ok(())
                });
            Ok(run.await?)
        })
    }

    fn store_envelope(&self, envelope: Envelope) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async move {
            let about = serde_json::to_string(&envelope.about)?;
            let insert = format!(
                "INSERT INTO river_job (kind, args, metadata, max_attempts) VALUES ('{}', {}, {}, 3)",
                envelope.effect,
                world::jsonb(envelope.arguments.get()),
                world::jsonb(&format!(r#"{{"airlock":{about}}}"#)),
            );
            let insert = sqlx::query(AssertSqlSafe(insert));
            insert.execute(&self.world.pool).await?;
            Ok(())
        })
    }

    fn stored_text(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async move {
            let jobs = self.world.jobs().await?;
            Ok(jobs
                .iter()
                .map(|job| format!("{} {}\n", job.args, job.metadata))
                .collect())
        })
    }

    fn work(&self, airlock: Airlock) -> BoxFuture<'_, Result<Box<dyn Worker>, BoxError>> {
        let url = self.world.url.clone();
        Box::pin(async move {
            // Uses a separate runtime, which can be dropped at once.
            let started = tokio::task::spawn_blocking(move || OwnRuntime::start(&url, airlock));
            let worker: Box<dyn Worker> = Box::new(started.await?);
            Ok(worker)
        })
    }

    fn dead(&self) -> BoxFuture<'_, Result<Vec<Dead>, BoxError>> {
        Box::pin(async move {
            let mut dead = Vec::new();
            for job in self.world.jobs().await? {
                if job.state == "discarded" {
                    let metadata: Value = serde_json::from_str(&job.metadata)?;
                    let id = metadata["airlock"]["id"].as_str();
                    dead.push(Dead {
                        id: id.map(str::parse).transpose()?,
                        effect: job.kind,
                        reason: metadata["airlock:dead"].to_string(),
                    });
                }
            }
            Ok(dead)
        })
    }

    fn unfinished(&self) -> BoxFuture<'_, Result<usize, BoxError>> {
        Box::pin(async move {
            let query = "SELECT count(*) FROM river_job WHERE finalized_at IS NULL";
            let count: i64 = sqlx::query_scalar(query)
                .fetch_one(&self.world.pool)
                .await?;
            Ok(usize::try_from(count)?)
        })
    }

    fn break_hand_over(&self, broken: bool) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let rename = match broken {
                true => "ALTER TABLE river_job RENAME TO river_job_away",
                false => "ALTER TABLE river_job_away RENAME TO river_job",
            };
            sqlx::query(rename)
                .execute(&self.world.pool)
                .await
                .expect("a table");
        })
    }
}

/// A worker whose tasks can be dropped all at once.
struct OwnRuntime {
    runtime: Runtime,
    running: Running,
}

impl OwnRuntime {
    fn start(url: &str, airlock: Airlock) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let running = runtime.block_on(async {
            let river = river_on(&world::connect(url).await);
            let worker = river.worker(airlock).poll_every(Duration::from_millis(50));
            let worker = worker.rescue_after(Duration::from_secs(1));
            worker
                .stop_within(Duration::from_millis(100))
                .start()
                .expect("a worker")
        });
        Self { runtime, running }
    }
}

impl Worker for OwnRuntime {
    fn stop(self: Box<Self>) -> BoxFuture<'static, Result<(), BoxError>> {
        Box::pin(async move {
            let Self { runtime, running } = *self;
            let stopped = runtime.spawn(running.stop()).await?;
            runtime.shutdown_background();
            Ok(stopped?)
        })
    }

    fn kill(self: Box<Self>) {
        let Self { runtime, running } = *self;
        runtime.shutdown_background();
        drop(running);
    }
}
