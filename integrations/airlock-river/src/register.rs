//! Registration of all durable effects of the program with River's workers.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use airlock_core::{BoxFuture, DurableEffect, EffectDescriptor};
use riverqueue::jiff::Timestamp;
use riverqueue::{
    BoxError, Job, JobArgs, JobRow, WorkContext, WorkError, WorkOutcome, Worker, WorkerTimeout,
    Workers,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A worker for the jobs of all effects.
pub(crate) trait Work: Send + Sync + 'static {
    fn work(
        &self,
        context: WorkContext,
        job: JobRow,
        effect: &'static EffectDescriptor,
    ) -> BoxFuture<'_, Result<WorkOutcome, BoxError>>;

    /// Returns the delay before a failed job is retried.
    fn next_retry(
        &self,
        error: &WorkError,
        attempt: u32,
        effect: &'static EffectDescriptor,
    ) -> Duration;

    /// Returns how long River lets a job run.
    fn timeout(&self, effect: &'static EffectDescriptor) -> Duration;
}

/// The registration of a durable effect, submitted by `#[airlock::effect(durable)]`.
pub struct Registration {
    add: fn(&mut Workers, Arc<dyn Work>) -> Result<(), riverqueue::Error>,
}

impl Registration {
    /// Creates the registration of `E`.
    pub const fn new<E: DurableEffect + Send>() -> Self {
        Self {
            add: |workers, work| {
                workers.add(EffectWorker {
                    work,
                    effect: PhantomData::<fn(E)>,
                })?;
                Ok(())
            },
        }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registration")
    }
}

airlock_core::__private::inventory::collect!(Registration);

/// Returns the workers of all durable effects.
pub(crate) fn workers(work: &Arc<dyn Work>) -> Result<Workers, riverqueue::Error> {
    let mut workers = Workers::new();
    for registration in airlock_core::__private::inventory::iter::<Registration> {
        (registration.add)(&mut workers, work.clone())?;
    }
    Ok(workers)
}

/// The encoded arguments of `E`'s jobs. They are decoded by our worker and not by River, so that our worker returns the
/// verdict on a bad row.
struct Arguments<E> {
    raw: Box<RawValue>,
    effect: PhantomData<fn(E)>,
}

impl<E> Serialize for Arguments<E> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de, E> Deserialize<'de> for Arguments<E> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            raw: Deserialize::deserialize(deserializer)?,
            effect: PhantomData,
        })
    }
}

impl<E: DurableEffect> JobArgs for Arguments<E> {
    const KIND: &'static str = E::DESCRIPTOR.id();

    fn kind_aliases() -> &'static [&'static str] {
        E::DESCRIPTOR.aliases()
    }
}

/// Returns the number of a job's attempt, from 1.
pub(crate) fn attempt_of(job: &JobRow) -> u32 {
    u32::try_from(job.attempt).unwrap_or(1).max(1)
}

struct EffectWorker<E> {
    work: Arc<dyn Work>,
    effect: PhantomData<fn(E)>,
}

impl<E: DurableEffect> Worker<Arguments<E>> for EffectWorker<E> {
    type Error = BoxError;

    fn next_retry(
        &self,
        job: &Job<Arguments<E>>,
        error: &WorkError,
        _: Timestamp,
    ) -> Option<Duration> {
        let attempt = attempt_of(&job.row);
        Some(self.work.next_retry(error, attempt, E::DESCRIPTOR))
    }

    fn timeout(&self, _: &Job<Arguments<E>>) -> WorkerTimeout {
        WorkerTimeout::After(self.work.timeout(E::DESCRIPTOR))
    }

    async fn work(
        &self,
        context: WorkContext,
        job: Job<Arguments<E>>,
    ) -> Result<WorkOutcome, BoxError> {
        self.work.work(context, job.row, E::DESCRIPTOR).await
    }
}
