//! The worker: River's client, with all durable effects of the program.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use airlock_core::{Airlock, Catalogue, EffectDescriptor};
use airlock_durable::{Capabilities, timeout_of};
use riverqueue::{Client, MaintenanceConfig, QueueConfig, RunHandle};

use crate::perform::{LEFT_ALONE, Performing};
use crate::register::{self, Work};
use crate::row::DEFAULT_QUEUE;
use crate::{River, RiverDatabase, WorkerError};

/// The default number of jobs per queue that run at once.
const CONCURRENCY: usize = 100;

/// The time beyond an effect's own timeout after which River gives up a job.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// The intervals at which River's leader looks for jobs whose worker was killed, and for delayed jobs that are due.
const RESCUE_INTERVAL: Duration = Duration::from_secs(10);
const SCHEDULE_INTERVAL: Duration = Duration::from_secs(1);

/// A builder of a worker.
#[must_use = "a worker performs nothing until it is started"]
pub struct WorkerBuilder<DB: RiverDatabase> {
    river: River<DB>,
    /// `None` if it only forwards.
    airlock: Option<Airlock>,
    concurrency: usize,
    queues: BTreeMap<String, usize>,
    poll: Duration,
    cooldown: Duration,
    rescue_after: Option<Duration>,
    stop_within: Option<Duration>,
}

impl<DB: RiverDatabase> WorkerBuilder<DB> {
    pub(crate) fn new(river: River<DB>, airlock: Option<Airlock>) -> Self {
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

    /// Sets how many effects of each queue are performed at once; 100 unless set.
    pub fn concurrency(mut self, effects: usize) -> Self {
        self.concurrency = effects;
        self
    }

    /// Adds a queue, and sets how many of its effects are performed at once. Queues that effects declare are added by
    /// default. Add a queue that only intents name (`.on_queue(..)`).
    pub fn queue(mut self, name: impl Into<String>, concurrency: usize) -> Self {
        self.queues.insert(name.into(), concurrency);
        self
    }

    /// Sets the interval at which the database is polled for jobs when nothing wakes the worker; 1 s unless set.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.poll = interval;
        self
    }

    /// Sets the minimum time between two fetches from a queue; 10 ms unless set.
    pub fn look_at_most_every(mut self, interval: Duration) -> Self {
        self.cooldown = interval;
        self
    }

    /// Sets the time after which an unfinished job counts as lost, because its worker was killed. Unless set, it is
    /// 25 s longer than the longest timeout of the durable effects. A shorter time lets effects run twice at once.
    pub fn rescue_after(mut self, time: Duration) -> Self {
        self.rescue_after = Some(time);
        self
    }

    /// Sets how long a stopping worker waits for running effects before it drops them at their current await points.
    pub fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = Some(time);
        self
    }

    /// Starts the worker, on tasks of the current runtime.
    ///
    /// # Errors
    ///
    /// Returns a [`WorkerError`] if River rejects the settings, or if a forwarder has no queue.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
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
        self.warn_if_forgotten(rescue_after);
        let queues = self.all_queues(&durable)?;
        // Registers all effects, even those that are only forwarded: River's leader discards jobs of unknown kinds.
        let work: Arc<dyn Work> = Arc::new(Performing::new(self.river.clone(), self.airlock));
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
        for (queue, concurrency) in queues {
            let queue_config = QueueConfig::new(concurrency)
                .with_fetch_poll_interval(self.poll.max(self.cooldown));
            client = client.queue(queue, queue_config);
        }
        let client = client.build()?;
        let run = client.start()?;
        Ok(Running { client, run })
    }

    /// Returns the queues to be worked, with the number of jobs of each at once.
    fn all_queues(
        &self,
        durable: &[&'static EffectDescriptor],
    ) -> Result<BTreeMap<String, usize>, WorkerError> {
        let whole = match &self.airlock {
            Some(_) => None,
            None => self.river.inner.forwards.whole_queues(),
        };
        let declared = durable.iter().filter_map(|effect| effect.queue());
        let declared = declared.chain([DEFAULT_QUEUE]).map(str::to_owned);
        let names = whole.unwrap_or_else(|| declared.collect());
        if names.is_empty() {
            return Err(WorkerError::NothingToForward);
        }
        let mut queues: BTreeMap<_, _> = names
            .into_iter()
            .map(|queue| (queue, self.concurrency))
            .collect();
        queues.extend(self.queues.clone());
        Ok(queues)
    }

    /// Warns of engines that may no longer recognise an intent that is forwarded again after its forwarder was killed.
    fn warn_if_forgotten(&self, rescue_after: Duration) {
        for engine in self.river.inner.forwards.engines() {
            if let Some(warning) = forgets(&engine.capabilities(), rescue_after + LEFT_ALONE.1) {
                tracing::warn!(target: "airlock", "{warning}");
            }
        }
    }
}

/// Returns a warning if an engine does not recognise an intent for `longest`.
fn forgets(engine: &Capabilities, longest: Duration) -> Option<String> {
    let time = engine.recognises_for.filter(|time| *time < longest)?;
    Some(format!(
        "an intent whose forwarder was killed may be forwarded again after {longest:?}, and {} recognises it for {time:?} only: it may be performed twice",
        engine.engine
    ))
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

/// A running worker. If it is dropped, running effects are dropped at their current await points.
#[must_use = "a worker that is dropped stops at once"]
pub struct Running {
    client: Client,
    run: RunHandle,
}

impl Running {
    /// Returns River's client, for its own jobs and queues.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Stops taking jobs, and waits for those that are running, but no longer than
    /// [`stop_within`](WorkerBuilder::stop_within) if that is set. Jobs that were cancelled are performed again, by
    /// this or another worker.
    ///
    /// # Errors
    ///
    /// Returns a [`WorkerError`] if River's client had failed.
    pub async fn stop(mut self) -> Result<(), WorkerError> {
        Ok(self.run.stop().await?)
    }

    /// Waits until the worker has stopped. By itself it stops only if it fails.
    ///
    /// # Errors
    ///
    /// Returns a [`WorkerError`] if River's client has failed.
    pub async fn wait(&mut self) -> Result<(), WorkerError> {
        Ok(self.run.wait().await?)
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_forgets_too_soon_is_told_from_one_that_does_not() {
        let mut engine = Capabilities::new("JetStream");
        let longest = Duration::from_secs(145);
        assert_eq!(forgets(&engine, longest), None);
        engine.recognises_for = Some(longest);
        assert_eq!(forgets(&engine, longest), None);
        engine.recognises_for = Some(Duration::from_secs(120));
        let said = forgets(&engine, longest).expect("it forgets");
        assert!(said.contains("145s") && said.contains("120s"), "{said}");
    }
}
