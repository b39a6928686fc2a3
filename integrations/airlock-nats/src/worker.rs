//! The worker: it pulls from the consumers of its queues, and performs.

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

/// How many effects of a queue are performed at once, unless said otherwise.
const CONCURRENCY: usize = 100;

/// How long a worker may tell nothing of an intent, unless said otherwise.
const LOST_AFTER: Duration = Duration::from_secs(30);

/// How long a stopped worker waits until the server has its last words.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// Describes a worker.
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

    /// Chooses how many effects of each queue are performed at once; 100 unless set. Beside them one of each partition
    /// of ordering keys is.
    pub fn concurrency(mut self, effects: usize) -> Self {
        self.concurrency = effects.max(1);
        self
    }

    /// Works a queue, with so many effects at once. The queues that effects declare are worked anyway; one that only
    /// intents name (`.on_queue(..)`) has to be said.
    pub fn queue(mut self, name: impl Into<String>, concurrency: usize) -> Self {
        self.queues.insert(name.into(), concurrency.max(1));
        self
    }

    /// Chooses after what time an intent counts as lost of which its worker has told nothing: the worker was killed.
    /// 30 s unless set. A worker tells three times as often that an effect is still performed. All workers of a stream
    /// should say the same: the server does what the last one that started has said.
    pub fn lost_after(mut self, time: Duration) -> Self {
        self.lost_after = time;
        self
    }

    /// Chooses how long a worker that stops waits for effects under way, before it gives them up where they await.
    pub fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = Some(time);
        self
    }

    /// Starts the worker, on tasks of the current runtime. Logs a warning if the stream promises less than durable
    /// effects expect.
    ///
    /// # Errors
    ///
    /// [`WorkerError`] if a stream is not there, or the server cannot be asked, or a queue's name does not fit.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
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

/// A worker that runs. Dropped, it gives up what it performs where that awaits.
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
    /// Takes no more, and waits for the effects under way; no longer than [`stop_within`](WorkerBuilder::stop_within),
    /// if that is set. What was given up is performed again, by this or another worker.
    pub async fn stop(self) {
        self.stop_pulling.cancel();
        self.pullers.wait().await;
        if let Some(time) = self.stop_within {
            let _ = tokio::time::timeout(time, self.tasks.wait()).await;
            self.stop.cancel();
        }
        self.tasks.wait().await;
        // What was given back is still on its way. Without a server, others notice by themselves.
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
