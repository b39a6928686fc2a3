//! The worker: pulls from the consumers of its queues, and performs intents.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use airlock_core::{Airlock, Catalogue};
use airlock_durable::is_plain_name;
use async_nats::Client;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::perform::Performing;
use crate::pull::Puller;
use crate::subject::DEFAULT_QUEUE;
use crate::{Nats, WorkerError};

/// The default number of effects per queue that are performed at once.
const CONCURRENCY: usize = 100;

/// The default time without a report after which an intent counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(30);

/// The timeout for a stopped worker to send its last reports.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// A builder of a worker.
#[must_use = "a worker performs nothing until it is started"]
pub struct WorkerBuilder {
    nats: Nats,
    airlock: Airlock,
    concurrency: usize,
    queues: BTreeMap<String, usize>,
    lost_after: Duration,
    stop_within: Option<Duration>,
}

impl WorkerBuilder {
    pub(crate) fn new(nats: Nats, airlock: Airlock) -> Self {
        Self {
            nats,
            airlock,
            concurrency: CONCURRENCY,
            queues: BTreeMap::new(),
            lost_after: LOST_AFTER,
            stop_within: None,
        }
    }

    /// Sets how many effects of each queue are performed at once; 100 unless set. In addition, one effect of each
    /// partition of ordering keys is performed.
    pub fn concurrency(mut self, effects: usize) -> Self {
        self.concurrency = effects.max(1);
        self
    }

    /// Adds a queue, and sets how many of its effects are performed at once. Queues that effects declare are added by
    /// default. Add a queue that only intents name (`.on_queue(..)`).
    pub fn queue(mut self, name: impl Into<String>, concurrency: usize) -> Self {
        self.queues.insert(name.into(), concurrency.max(1));
        self
    }

    /// Sets the time after which an intent counts as lost if its worker reports nothing, because the worker was killed;
    /// 30 s unless set. A worker reports progress three times within this time. Configure all workers of a stream
    /// identically: the server uses the value of the worker that started last.
    pub fn lost_after(mut self, time: Duration) -> Self {
        self.lost_after = time;
        self
    }

    /// Sets how long a stopping worker waits for running effects before it drops them at their current await points.
    pub fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = Some(time);
        self
    }

    /// Starts the worker, on tasks of the current runtime. Logs a warning if the stream guarantees less than durable
    /// effects expect.
    ///
    /// # Errors
    ///
    /// Returns a [`WorkerError`] if a stream does not exist, if the server cannot be reached, or if a queue's name is
    /// invalid.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub async fn start(self) -> Result<Running, WorkerError> {
        self.nats.warn().await?;
        let (tasks, pullers) = (TaskTracker::new(), TaskTracker::new());
        let (stop, stop_pulling) = (CancellationToken::new(), CancellationToken::new());
        let performing = Arc::new(Performing::new(
            self.nats.clone(),
            self.airlock,
            self.lost_after,
            stop.clone(),
            stop_pulling.clone(),
        ));
        let mut queues: BTreeMap<String, usize> = declared_queues()
            .map(|queue| (queue.to_owned(), self.concurrency))
            .collect();
        queues.extend(self.queues);
        let mut ready = Vec::new();
        for (queue, concurrency) in queues {
            if !is_plain_name(&queue) {
                return Err(WorkerError::Queue { queue });
            }
            let consumers = self.nats.inner.names.consumers(&queue);
            for (number, (consumer, subjects)) in consumers.into_iter().enumerate() {
                let is_ordered = number > 0;
                let puller = Puller {
                    performing: performing.clone(),
                    tasks: tasks.clone(),
                    consumer,
                    subjects,
                    concurrency: if is_ordered { 1 } else { concurrency },
                    is_ordered,
                    lost_after: self.lost_after,
                };
                puller.ensure().await.map_err(|error| {
                    let doing = format!("creating the consumer `{}`", puller.consumer);
                    WorkerError::server(doing, error)
                })?;
                ready.push(puller);
            }
        }
        for puller in ready {
            pullers.spawn(puller.run());
        }
        pullers.close();
        tasks.close();
        Ok(Running {
            client: self.nats.inner.context.client(),
            pullers,
            tasks,
            stop_within: self.stop_within,
            _given_up: stop.clone().drop_guard(),
            stop,
            _stopped: stop_pulling.clone().drop_guard(),
            stop_pulling,
        })
    }
}

impl fmt::Debug for WorkerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerBuilder")
            .field("concurrency", &self.concurrency)
            .field("queues", &self.queues)
            .finish_non_exhaustive()
    }
}

fn declared_queues() -> impl Iterator<Item = &'static str> {
    let catalogue = Catalogue::global().ok();
    let effects = catalogue.into_iter().flat_map(Catalogue::effects);
    let durable = effects.filter(|effect| effect.is_durable());
    durable
        .filter_map(|effect| effect.queue())
        .chain([DEFAULT_QUEUE])
}

/// A running worker. If it is dropped, running effects are dropped at their current await points.
#[must_use = "a worker that is dropped stops at once"]
pub struct Running {
    client: Client,
    pullers: TaskTracker,
    tasks: TaskTracker,
    stop_within: Option<Duration>,
    stop: CancellationToken,
    stop_pulling: CancellationToken,
    _given_up: tokio_util::sync::DropGuard,
    _stopped: tokio_util::sync::DropGuard,
}

impl Running {
    /// Stops taking intents, and waits for running effects, but no longer than
    /// [`stop_within`](WorkerBuilder::stop_within) if that is set. Intents that were cancelled are performed again, by
    /// this or another worker.
    pub async fn stop(self) {
        self.stop_pulling.cancel();
        self.pullers.wait().await;
        if let Some(time) = self.stop_within {
            let _ = tokio::time::timeout(time, self.tasks.wait()).await;
            self.stop.cancel();
        }
        self.tasks.wait().await;
        // The NAKs of the last intents may still be in the client's buffer. If the server cannot be reached, it
        // delivers those intents again after `lost_after`.
        let _ = tokio::time::timeout(FLUSH_WITHIN, self.client.flush()).await;
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("performing", &self.tasks.len())
            .finish_non_exhaustive()
    }
}
