//! Forwards the jobs of one ordering key in the order of their ids.
//!
//! A forwarder that has one of these jobs first forwards the unfinished ones before it, and completes all of them. Two
//! forwarders may do so at the same time. Each sends in order, and the engine recognises an intent that arrives twice,
//! so the first arrivals are also in order. No job has to wait for another one.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use airlock_core::{BoxError, Catalogue};
use airlock_durable::{About, Envelope, Forward};
use riverqueue::JobRow;
use serde_json::value::RawValue;
use sqlx::FromRow;
use tokio::sync::Mutex;

use crate::perform::id_of_row;
use crate::{River, RiverDatabase};

/// The number of jobs that are forwarded before they are completed. Jobs are sent again if the forwarder is interrupted
/// in between.
pub(crate) const AT_ONCE: usize = 20;

/// Locks for the ordering keys, since forwarding the jobs of one key twice at once in one process is useless.
#[derive(Debug)]
pub(crate) struct Turns {
    locks: [Mutex<()>; 64],
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self {
            locks: [const { Mutex::const_new(()) }; 64],
        }
    }

    fn of(&self, key: &str) -> &Mutex<()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        let number = usize::try_from(hash % 64).unwrap_or(0);
        &self.locks[number]
    }
}

/// An unfinished job.
#[derive(Debug, FromRow)]
pub struct OrderedJob {
    id: i64,
    kind: String,
    args: String,
    metadata: String,
    created_at: String,
    unique_key: Option<String>,
}

/// The metadata that airlock stores with a job.
#[derive(serde::Deserialize)]
struct Metadata {
    airlock: About,
}

impl OrderedJob {
    fn envelope(&self, queue: &str) -> Result<Envelope, serde_json::Error> {
        let Metadata { mut airlock } = serde_json::from_str(&self.metadata)?;
        if airlock.id.is_nil() {
            airlock.id = id_of_row(self.id, &self.created_at);
        }
        airlock.queue = Some(queue.to_owned());
        Ok(Envelope {
            effect: self.kind.clone(),
            arguments: RawValue::from_string(self.args.clone())?,
            about: airlock,
        })
    }
}

impl<DB: RiverDatabase> River<DB> {
    /// Forwards a job after the earlier unfinished jobs with its key, and completes all of them. Jobs that go to
    /// another engine are skipped.
    ///
    /// # Errors
    ///
    /// Returns the reason why the job was not forwarded, or the error of the database.
    pub(crate) async fn forward_in_order(
        &self,
        engine: &Arc<dyn Forward>,
        job: &JobRow,
        ordering_key: &str,
    ) -> Result<(), BoxError> {
        let _turn = self.inner.turns.of(ordering_key).lock().await;
        let pool = &self.inner.pool;
        let mut after = 0;
        loop {
            let jobs = DB::unfinished(pool, &job.queue, ordering_key, after..=job.id).await?;
            let is_last = jobs.len() < AT_ONCE;
            let mut forwarded = Vec::new();
            let mut failed = None;
            for earlier in jobs {
                after = earlier.id + 1;
                let goes_there = self
                    .inner
                    .forwards
                    .engine(effect_of(&earlier.kind), &job.queue);
                if !goes_there.is_some_and(|it| Arc::ptr_eq(it, engine)) {
                    continue;
                }
                // A job that cannot be parsed gets its verdict when a worker takes it.
                let Ok(envelope) = earlier.envelope(&job.queue) else {
                    continue;
                };
                let handed_on = self.hand_on(&**engine, &envelope, earlier.unique_key);
                if let Err(error) = handed_on.await {
                    failed = Some(error);
                    break;
                }
                forwarded.push(earlier.id);
            }
            if !forwarded.is_empty() {
                DB::finish(pool, &forwarded, engine.capabilities().engine).await?;
            }
            match failed {
                Some(error) => return Err(error),
                None if is_last => return Ok(()),
                None => {}
            }
        }
    }
}

/// Returns the id of the effect of a kind, which may be an alias.
fn effect_of(kind: &str) -> &str {
    let catalogue = Catalogue::global().ok();
    let effect = catalogue.and_then(|it| it.find(kind));
    effect.map_or(kind, |effect| effect.id())
}
