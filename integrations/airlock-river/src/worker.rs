//! The worker: River's client, with every durable effect of the program.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use airlock_core::catalogue::ResourceNeed;
use airlock_core::executor::Executor;
use airlock_core::{Airlock, BoxFuture, Catalogue, EffectDescriptor, Released};
use airlock_durable::{About, Envelope, Performer, Verdict, log, timeout_of};
use airlock_sqlx::Store;
use riverqueue::{
    BoxError, Client, JobRow, MaintenanceConfig, QueueConfig, RunHandle, WorkCancelled,
    WorkContext, WorkError, WorkOutcome,
};

use crate::give::CompletionTransaction;
use crate::register::{self, Work};
use crate::row::DEFAULT_QUEUE;
use crate::{River, RiverDatabase, WorkerError};

/// How many jobs of a queue are worked at once, unless said otherwise.
const CONCURRENCY: usize = 100;

/// How much longer than an effect's own timeout River waits before it gives a job up.
const GRACE: Duration = Duration::from_secs(5);

/// How often the leader looks for jobs whose worker was killed, and for delayed ones that are due.
const RESCUE_INTERVAL: Duration = Duration::from_secs(10);
const SCHEDULE_INTERVAL: Duration = Duration::from_secs(1);

/// How long a job of another version of the program is left alone, at first and at most.
const LEFT_ALONE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Describes a worker.
#[must_use = "a worker performs nothing until it is started"]
pub struct WorkerBuilder<DB: RiverDatabase> {
    river: River<DB>,
    airlock: Airlock,
    concurrency: usize,
    queues: BTreeMap<String, usize>,
    poll: Duration,
    cooldown: Duration,
    rescue_after: Option<Duration>,
    stop_within: Option<Duration>,
}

impl<DB: RiverDatabase> WorkerBuilder<DB> {
    pub(crate) fn new(river: River<DB>, airlock: Airlock) -> Self {
        Self {
            river,
            airlock,
            concurrency: CONCURRENCY,
            queues: BTreeMap::new(),
            poll: Duration::from_secs(1),
            cooldown: Duration::from_millis(10),
            rescue_after: None,
            stop_within: None,
        }
    }

    /// Chooses how many effects of each queue are performed at once; 100 unless set.
    pub fn concurrency(mut self, effects: usize) -> Self {
        self.concurrency = effects;
        self
    }

    /// Works a queue, with so many effects at once. The queues that effects declare are worked anyway; one that only
    /// intents name (`.on_queue(..)`) has to be said.
    pub fn queue(mut self, name: impl Into<String>, concurrency: usize) -> Self {
        self.queues.insert(name.into(), concurrency);
        self
    }

    /// Chooses how often the database is asked for jobs, where nothing has woken the worker; each second unless set.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.poll = interval;
        self
    }

    /// Chooses how long the worker waits between two looks at a queue at least; 10 ms unless set.
    pub fn look_at_most_every(mut self, interval: Duration) -> Self {
        self.cooldown = interval;
        self
    }

    /// Chooses after what time a job counts as lost that no worker has finished: its worker was killed. Unless set,
    /// 30 s longer than the longest timeout of the durable effects. A shorter one lets effects run twice at once.
    pub fn rescue_after(mut self, time: Duration) -> Self {
        self.rescue_after = Some(time);
        self
    }

    /// Chooses how long a worker that stops waits for effects under way, before it gives them up where they await.
    pub fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = Some(time);
        self
    }

    /// Starts the worker, on tasks of the current runtime.
    ///
    /// # Errors
    ///
    /// [`WorkerError`] if River refuses the settings.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub fn start(self) -> Result<Running, WorkerError> {
        let durable = durable_effects();
        let longest = durable.iter().copied().map(timeout_of).max();
        let longest = longest.unwrap_or_default() + GRACE;
        let rescue_after = self
            .rescue_after
            .unwrap_or(longest + Duration::from_secs(20));
        let unlimited = |it: &&&EffectDescriptor| it.is_async() && it.timeout().is_none();
        for effect in durable.iter().filter(unlimited) {
            tracing::info!(
                target: "airlock",
                effect = effect.id(),
                timeout = ?timeout_of(effect),
                "a durable effect declares no timeout, and gets the default",
            );
        }
        let completes = TypeId::of::<CompletionTransaction<DB>>();
        let work: Arc<dyn Work> = Arc::new(Performing {
            performer: Performer::new(self.airlock).keys(self.river.inner.keys.clone()),
            executor: Arc::new(self.river.clone()),
            completes,
            river: self.river.clone(),
        });
        let mut client = DB::client(self.river.inner.pool.clone())
            .workers(register::workers(&work)?)
            .fetch_only_known_kinds(true)
            .fetch_cooldown(self.cooldown)
            .job_timeout(longest.min(rescue_after))
            .maintenance(
                MaintenanceConfig::default()
                    .with_rescue_after(rescue_after)
                    .with_rescuer_interval(RESCUE_INTERVAL.min(rescue_after))
                    .with_scheduler_interval(SCHEDULE_INTERVAL),
            );
        if let Some(time) = self.stop_within {
            client = client.soft_stop_timeout(time);
        }
        let declared = durable.iter().filter_map(|effect| effect.queue());
        let mut queues: BTreeMap<String, usize> = declared
            .chain([DEFAULT_QUEUE])
            .map(|queue| (queue.to_owned(), self.concurrency))
            .collect();
        queues.extend(self.queues);
        for (queue, concurrency) in queues {
            let queue_config = QueueConfig::new(concurrency)
                .with_fetch_poll_interval(self.poll.max(self.cooldown));
            client = client.queue(queue, queue_config);
        }
        let client = client.build()?;
        let run = client.start()?;
        Ok(Running { client, run })
    }
}

impl<DB: RiverDatabase> fmt::Debug for WorkerBuilder<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerBuilder")
            .field("concurrency", &self.concurrency)
            .field("queues", &self.queues)
            .finish_non_exhaustive()
    }
}

fn durable_effects() -> Vec<&'static EffectDescriptor> {
    let catalogue = Catalogue::global().ok();
    let effects = catalogue.into_iter().flat_map(Catalogue::effects).copied();
    effects.filter(|effect| effect.is_durable()).collect()
}

/// A worker that runs. Dropped, it gives up what it performs where that awaits.
#[must_use = "a worker that is dropped stops at once"]
pub struct Running {
    client: Client,
    run: RunHandle,
}

impl Running {
    /// River's client, for its own jobs and queues.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Takes no more jobs, and waits for those under way; no longer than
    /// [`stop_within`](WorkerBuilder::stop_within), if that is set. What was given up is performed again, by this or
    /// another worker.
    ///
    /// # Errors
    ///
    /// [`WorkerError`] if River's client had failed.
    pub async fn stop(mut self) -> Result<(), WorkerError> {
        Ok(self.run.stop().await?)
    }

    /// Waits until the worker has stopped, which it does by itself only if it failed.
    ///
    /// # Errors
    ///
    /// [`WorkerError`] if River's client has failed.
    pub async fn wait(&mut self) -> Result<(), WorkerError> {
        Ok(self.run.wait().await?)
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

/// Performs the jobs of all durable effects.
struct Performing<DB: RiverDatabase> {
    performer: Performer,
    river: River<DB>,
    executor: Arc<dyn Executor>,
    /// The type of the resource that asks for the transaction of the completion.
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

    fn next_retry(&self, error: &WorkError) -> Option<Duration> {
        error.downcast_ref::<Failed>().map(|failed| failed.after)
    }

    fn timeout(&self, effect: &'static EffectDescriptor) -> Duration {
        timeout_of(effect) + GRACE
    }
}

/// A failed attempt, as River records it.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct Failed {
    after: Duration,
    reason: String,
}

impl<DB: RiverDatabase> Performing<DB> {
    async fn work_one(
        &self,
        context: WorkContext,
        job: JobRow,
        effect: &'static EffectDescriptor,
    ) -> Result<WorkOutcome, BoxError> {
        let attempt = u32::try_from(job.attempt).unwrap_or(1).max(1);
        let envelope = envelope_of(&job);
        let mut completes = effect.resources().iter().map(ResourceNeed::type_id);
        let completion = completes
            .any(|it| it == self.completes)
            .then(|| CompletionTransaction::new(self.river.inner.pool.clone()));
        let performer = match &completion {
            Some(completion) => {
                let airlock = self.performer.airlock();
                &self
                    .performer
                    .within(airlock.with_resource(completion.clone()))
            }
            None => &self.performer,
        };
        let cancelled = context.cancellation_token().cancelled();
        let executor = Some(self.executor.clone());
        let verdict = performer
            .perform(&envelope, attempt, executor, cancelled)
            .await;
        log(&envelope, attempt, &verdict);
        match verdict {
            Verdict::Done(released) => {
                self.complete(&context, released, completion).await?;
                Ok(WorkOutcome::Complete)
            }
            Verdict::Retry { after, reason } => Err(Box::new(Failed { after, reason })),
            Verdict::Dead { reason } => {
                context.metadata_set("airlock:dead", reason)?;
                Ok(WorkOutcome::Discard)
            }
            Verdict::Unknown { reason } => {
                context.metadata_set("airlock:unknown", reason)?;
                Ok(WorkOutcome::Snooze(left_alone(&job)))
            }
            Verdict::Interrupted => Err(Box::new(WorkCancelled)),
        }
    }

    /// Completes a job. With what its effect wrote and enqueued in one transaction, if it did; otherwise River
    /// completes it together with others.
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
        let rows = match released.batch_for(&self.river) {
            Some(batch) => batch
                .intents()
                .map(|intent| self.river.row(intent))
                .collect::<Result<Vec<_>, _>>()?,
            None => Vec::new(),
        };
        if begun.is_some() || !rows.is_empty() {
            let mut transaction = match begun {
                Some(begun) => begun,
                None => DB::begin(self.river.inner.pool.clone()).await?,
            };
            let mut receipts = Vec::new();
            if !rows.is_empty() {
                receipts = self.river.store(rows, &mut *transaction).await?;
            }
            DB::complete(context, &mut transaction).await?;
            transaction.commit().await?;
            self.river.wake();
            let mut receipts = receipts.into_iter();
            if let Some(mut batch) = released.batch_for(&self.river) {
                let unanswered = || airlock_core::Receipt::Rejected("no answer".into());
                batch.settle(|_| receipts.next().unwrap_or_else(unanswered));
            }
        }
        // The job is done: what else it caused is performed once, and its failure is no reason to repeat the job.
        if let Err(error) = released.dispatch_async().await {
            error.strand();
        }
        Ok(())
    }
}

/// What River stores of a job, as an envelope.
fn envelope_of(job: &JobRow) -> Envelope {
    let mut about = about_of(job).unwrap_or_default();
    about.queue = Some(job.queue.clone());
    Envelope {
        effect: job.kind.clone(),
        arguments: job.encoded_args.clone(),
        about,
    }
}

/// What airlock knows of a job; nothing, if another program enqueued it.
fn about_of(job: &JobRow) -> Option<About> {
    job.metadata.get("airlock").ok()?
}

/// The older a job is, the longer it is left alone.
fn left_alone(job: &JobRow) -> Duration {
    let age = riverqueue::jiff::Timestamp::now().duration_since(job.created_at);
    let age = Duration::try_from(age).unwrap_or_default();
    (age / 4).clamp(LEFT_ALONE.0, LEFT_ALONE.1)
}
