//! Performs one job, and completes it.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use airlock_core::catalogue::ResourceNeed;
use airlock_core::executor::Executor;
use airlock_core::{Airlock, BoxFuture, EffectDescriptor, Released};
use airlock_durable::{
    About, Envelope, Performer, Verdict, derived_id, log, retry_of, timeout_of, unreadable,
};
use airlock_sqlx::Store;
use riverqueue::{BoxError, JobRow, WorkCancelled, WorkContext, WorkError, WorkOutcome};
use uuid::Uuid;

use crate::give::CompletionTransaction;
use crate::register::{Work, attempt_of};
use crate::worker::GRACE;
use crate::{River, RiverDatabase};

/// The minimum and maximum time for which a job that cannot be handled now is snoozed.
pub(crate) const LEFT_ALONE: (Duration, Duration) =
    (Duration::from_secs(1), Duration::from_secs(60));

/// A performer of the jobs of all durable effects.
pub(crate) struct Performing<DB: RiverDatabase> {
    /// `None` if it only forwards.
    performer: Option<Performer>,
    river: River<DB>,
    executor: Arc<dyn Executor>,
    /// The type of the resource that requests the completion's transaction.
    completes: TypeId,
}

impl<DB: RiverDatabase> Work for Performing<DB> {
    fn work(
        &self,
        context: WorkContext,
        job: JobRow,
        effect: &'static EffectDescriptor,
    ) -> BoxFuture<'_, Result<WorkOutcome, BoxError>> {
        Box::pin(self.work_one(context, job, effect))
    }

    fn next_retry(
        &self,
        error: &WorkError,
        attempt: u32,
        effect: &'static EffectDescriptor,
    ) -> Duration {
        match error.downcast_ref::<Failed>() {
            Some(failed) => failed.after,
            // The completion failed, or the worker was killed.
            None => retry_of(effect).delay_after(attempt),
        }
    }

    fn timeout(&self, effect: &'static EffectDescriptor) -> Duration {
        timeout_of(effect) + GRACE
    }
}

/// The error of a failed attempt, as River records it.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct Failed {
    after: Duration,
    reason: String,
}

impl<DB: RiverDatabase> Performing<DB> {
    pub(crate) fn new(river: River<DB>, airlock: Option<Airlock>) -> Self {
        let keys = river.inner.keys.clone();
        Self {
            performer: airlock.map(|airlock| Performer::new(airlock).keys(keys)),
            executor: Arc::new(river.clone()),
            completes: TypeId::of::<CompletionTransaction<DB>>(),
            river,
        }
    }

    async fn work_one(
        &self,
        context: WorkContext,
        job: JobRow,
        effect: &'static EffectDescriptor,
    ) -> Result<WorkOutcome, BoxError> {
        let attempt = attempt_of(&job);
        let envelope = match envelope_of(&job) {
            Ok(envelope) => envelope,
            Err(verdict) => return answer(&context, &job, *verdict),
        };
        let forwards = &self.river.inner.forwards;
        if let Some(engine) = forwards.engine(effect.id(), &job.queue) {
            let river = &self.river;
            return river.forward(engine, &context, &job, &envelope).await;
        }
        let Some(performer) = &self.performer else {
            return Ok(WorkOutcome::Snooze(left_alone(&job)));
        };
        let mut completes = effect.resources().iter().map(ResourceNeed::type_id);
        let completion = completes
            .any(|it| it == self.completes)
            .then(|| CompletionTransaction::new(self.river.inner.pool.clone()));
        let performer = match &completion {
            Some(completion) => {
                let airlock = performer.airlock();
                &performer.within(airlock.with_resource(completion.clone()))
            }
            None => performer,
        };
        let cancelled = context.cancellation_token().cancelled();
        let executor = Some(self.executor.clone());
        let verdict = performer
            .perform(&envelope, attempt, executor, cancelled)
            .await;
        let verdict = match verdict {
            // The row may allow fewer attempts than the effect's current rule.
            Verdict::Retry { reason, .. } if job.attempt >= job.max_attempts => {
                Verdict::Dead { reason }
            }
            verdict => verdict,
        };
        log(&envelope, attempt, &verdict);
        let Verdict::Done(released) = verdict else {
            return answer(&context, &job, verdict);
        };
        match self.complete(&context, released, completion).await {
            Ok(()) => Ok(WorkOutcome::Complete),
            Err(error) => {
                let (effect, id) = (effect.id(), envelope.about.id);
                tracing::warn!(
                    target: "airlock", effect, %id, attempt, %error,
                    "a job was performed and could not be completed: it is performed again",
                );
                Err(error)
            }
        }
    }

    /// Completes a job. If its effect wrote in the transaction of the completion or enqueued intents, completes it in a
    /// transaction with them. Otherwise River completes it in a batch with others.
    async fn complete(
        &self,
        context: &WorkContext,
        mut released: Released,
        completion: Option<Arc<CompletionTransaction<DB>>>,
    ) -> Result<(), BoxError> {
        let begun = match &completion {
            Some(completion) => completion.take().await,
            None => None,
        };
        let mut rows = match released.batch_for(&self.river) {
            Some(batch) => batch
                .intents()
                .map(|intent| self.river.row(intent))
                .collect::<Result<Vec<_>, _>>()?,
            None => Vec::new(),
        };
        // Intents that are not durable also wait for the completion, so that they are not repeated with the job.
        if begun.is_some() || !rows.is_empty() || !released.is_finished() {
            let mut transaction = match begun {
                Some(begun) => begun,
                None => DB::begin(self.river.inner.pool.clone()).await?,
            };
            DB::check(&mut transaction, true).await?;
            let mut receipts = Vec::new();
            if !rows.is_empty() {
                self.river.before_commit(&mut rows);
                receipts = self.river.store(&rows, &mut *transaction).await?;
            }
            DB::complete(context, &mut transaction).await?;
            transaction.commit().await?;
            self.river.committed(&rows);
            if let Some(mut batch) = released.batch_for(&self.river) {
                batch.complete_in_order(receipts);
            }
        }
        // The job is completed. Its other intents are dispatched once, and their failure must not repeat the job.
        if let Err(error) = released.dispatch_async().await {
            error.report_unhandled();
        }
        Ok(())
    }
}

/// Returns River's outcome for a job that was not performed to its end.
fn answer(context: &WorkContext, job: &JobRow, verdict: Verdict) -> Result<WorkOutcome, BoxError> {
    match verdict {
        Verdict::Done(_) => Ok(WorkOutcome::Complete),
        Verdict::Retry { after, reason } => Err(Box::new(Failed { after, reason })),
        Verdict::Dead { reason } => {
            context.metadata_set("airlock:dead", reason)?;
            Ok(WorkOutcome::Discard)
        }
        Verdict::Unknown { reason } => {
            context.metadata_set("airlock:unknown", reason)?;
            Ok(WorkOutcome::Snooze(left_alone(job)))
        }
        Verdict::Interrupted => Err(Box::new(WorkCancelled)),
    }
}

/// Converts a job to an envelope.
fn envelope_of(job: &JobRow) -> Result<Envelope, Box<Verdict>> {
    let mut about = about_of(job)?;
    if about.id.is_nil() {
        about.id = id_of(job);
    }
    about.queue = Some(job.queue.clone());
    Ok(Envelope {
        effect: job.kind.clone(),
        arguments: job.encoded_args.clone(),
        about,
    })
}

/// Returns the members that airlock stored with a job; the default ones if another program enqueued it.
fn about_of(job: &JobRow) -> Result<About, Box<Verdict>> {
    let Some(raw) = job.metadata.get_raw("airlock") else {
        return Ok(About::default());
    };
    let read = serde_json::from_str(raw.get());
    read.map_err(|error| Box::new(unreadable(raw.get(), &error)))
}

/// Returns the id for a job without one of ours. It is the same in each attempt.
fn id_of(job: &JobRow) -> Uuid {
    id_of_row(job.id, &job.created_at.as_microsecond().to_string())
}

/// Returns the id for a row without one of ours; `created_at` is in microseconds after the epoch.
pub(crate) fn id_of_row(job: i64, created_at: &str) -> Uuid {
    derived_id(&format!("river\0{job}\0{created_at}"))
}

/// Returns how long a job that cannot be handled now is snoozed. The time grows with the job's age.
pub(crate) fn left_alone(job: &JobRow) -> Duration {
    let age = riverqueue::jiff::Timestamp::now().duration_since(job.created_at);
    let age = Duration::try_from(age).unwrap_or_default();
    (age / 4).clamp(LEFT_ALONE.0, LEFT_ALONE.1)
}
