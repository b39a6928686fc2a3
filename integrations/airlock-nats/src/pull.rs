//! Pulling from one consumer: never more than can be performed at once, and with a restart after any error.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use airlock_core::BoxError;
use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::pull::{BatchConfig, Config};
use async_nats::jetstream::consumer::{AckPolicy, Consumer};
use async_nats::{StatusCode, Subscriber};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::perform::Performing;

/// The time after which the server drops a request for messages.
const EXPIRES: Duration = Duration::from_secs(30);

/// The interval at which the server confirms that it still has a request.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// The number of missed heartbeats after which a request counts as forgotten.
const MISSED: u32 = 2;

/// The timeout for the client to end a subscription.
const UNSUBSCRIBED_WITHIN: Duration = Duration::from_secs(1);

/// The delay before a failed puller starts again.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// A puller for one consumer.
pub(crate) struct Puller {
    pub(crate) performing: Arc<Performing>,
    pub(crate) tasks: TaskTracker,
    /// The consumer's name.
    pub(crate) consumer: String,
    /// The subjects that it receives.
    pub(crate) subjects: String,
    pub(crate) concurrency: usize,
    /// `true` if it receives the intents of ordering keys: one at a time, across all workers.
    pub(crate) is_ordered: bool,
    pub(crate) lost_after: Duration,
}

/// A subscription with its open requests.
struct Asked {
    consumer: Consumer<Config>,
    subscriber: Subscriber,
    inbox: async_nats::Subject,
    /// The requests that the server still has, oldest first, each with the number of messages that may still arrive for
    /// it.
    requests: VecDeque<(Instant, usize)>,
    /// Permits for the messages of these requests, and of the next one.
    permits: Option<OwnedSemaphorePermit>,
    /// The number of connections that the client had made when the subscription began.
    connects: u64,
}

impl Puller {
    /// Creates the consumer, or updates its settings.
    pub(crate) async fn ensure(&self) -> Result<Consumer<Config>, BoxError> {
        let nats = &self.performing.nats.inner;
        let config = Config {
            durable_name: Some(self.consumer.clone()),
            filter_subject: self.subjects.clone(),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.lost_after,
            // The effect's own rule limits the attempts.
            max_deliver: -1,
            // Messages that wait for a retry also count as pending. With a limit, they would block all others.
            max_ack_pending: if self.is_ordered { 1 } else { -1 },
            ..Config::default()
        };
        let context = &nats.context;
        let created = context.create_consumer_on_stream(config, nats.names.stream());
        Ok(created.await?)
    }

    /// Pulls until the worker stops.
    pub(crate) async fn run(self) {
        let stop = self.performing.stop_pulling.clone();
        let slots = Arc::new(Semaphore::new(self.concurrency));
        let mut failed = false;
        loop {
            // This may take long if the server cannot be reached.
            let begun = tokio::select! {
                () = stop.cancelled() => return,
                begun = self.begin() => begun,
            };
            let pulled = match begun {
                Ok(asked) => {
                    if std::mem::take(&mut failed) {
                        self.performing.troubles.end();
                    }
                    self.pull(asked, &slots).await
                }
                Err(why) => Err(why),
            };
            let Err(why) = pulled else { return };
            if !std::mem::replace(&mut failed, true) {
                self.performing.troubles.begin(&self.consumer, &why);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN_AFTER) => {}
            }
        }
    }

    async fn begin(&self) -> Result<Asked, BoxError> {
        let consumer = self.ensure().await?;
        let client = self.performing.nats.inner.context.client();
        let inbox = async_nats::Subject::from(client.new_inbox());
        Ok(Asked {
            subscriber: client.subscribe(inbox.clone()).await?,
            consumer,
            inbox,
            requests: VecDeque::new(),
            permits: None,
            connects: self.performing.nats.inner.server.connects(),
        })
    }

    /// Pulls until the worker stops or an error occurs. Messages that have arrived by then are performed, too, because
    /// the server counts them as delivered.
    async fn pull(&self, mut asked: Asked, slots: &Arc<Semaphore>) -> Result<(), BoxError> {
        let ended = self.pull_with(&mut asked, slots).await;
        // Without a connection, the client may not accept this. Dropping the subscriber then has the same effect later.
        let unsubscribed = asked.subscriber.unsubscribe();
        if let Ok(Ok(())) = tokio::time::timeout(UNSUBSCRIBED_WITHIN, unsubscribed).await {
            while let Some(message) = asked.subscriber.next().await {
                if let Ok(Some((message, permit))) = asked.received(message) {
                    self.perform(message, permit);
                }
            }
        }
        ended
    }

    async fn pull_with(&self, asked: &mut Asked, slots: &Arc<Semaphore>) -> Result<(), BoxError> {
        let stop = &self.performing.stop_pulling;
        let server = &self.performing.nats.inner.server;
        loop {
            asked.take_free(slots);
            asked.ask(self.concurrency).await?;
            let may_ask_more = asked.held() < self.concurrency;
            let event = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                message = asked.subscriber.next() => Event::Message(message),
                permit = slots.clone().acquire_owned(), if may_ask_more => Event::Free(permit?),
                () = tokio::time::sleep(HEARTBEAT * MISSED), if asked.open() > 0 => Event::Silence,
            };
            match event {
                Event::Free(permit) => asked.add(permit),
                Event::Silence => return Err("the server does not answer".into()),
                Event::Message(None) => return Err("the connection was closed".into()),
                Event::Message(Some(message)) => {
                    if let Some((message, permit)) = asked.received(message)? {
                        self.perform(message, permit);
                    }
                }
            }
            // A server that was away has forgotten the requests.
            if server.connects() != asked.connects {
                return Err("the client has connected again".into());
            }
        }
    }

    fn perform(&self, message: async_nats::Message, permit: Option<OwnedSemaphorePermit>) {
        let (performing, is_ordered) = (self.performing.clone(), self.is_ordered);
        let context = performing.nats.inner.context.clone();
        self.tasks.spawn(async move {
            let message = Message { message, context };
            performing.perform(message, is_ordered, permit).await;
        });
    }
}

/// The number of a worker's pullers that are failing. Only the first failure and the last recovery are logged above the
/// level `debug`.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    failing: AtomicUsize,
}

impl Troubles {
    fn begin(&self, consumer: &str, why: &BoxError) {
        match self.failing.fetch_add(1, Ordering::Relaxed) {
            0 => {
                tracing::warn!(target: "airlock", consumer, error = %why, "a worker cannot pull and tries again");
            }
            _ => {
                tracing::debug!(target: "airlock", consumer, error = %why, "nor from this consumer");
            }
        }
    }

    fn end(&self) {
        if self.failing.fetch_sub(1, Ordering::Relaxed) == 1 {
            tracing::info!(target: "airlock", "a worker pulls again");
        }
    }
}

enum Event {
    Message(Option<async_nats::Message>),
    Free(OwnedSemaphorePermit),
    Silence,
}

impl Asked {
    /// Returns the number of messages that can be taken: those that were requested, and those that can be requested
    /// next.
    fn held(&self) -> usize {
        self.permits
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits)
    }

    fn add(&mut self, permit: OwnedSemaphorePermit) {
        match &mut self.permits {
            Some(permits) => permits.merge(permit),
            None => self.permits = Some(permit),
        }
    }

    /// Returns the number of messages that may still arrive.
    fn open(&self) -> usize {
        self.requests.iter().map(|(_, open)| open).sum()
    }

    /// Takes all free permits.
    fn take_free(&mut self, slots: &Arc<Semaphore>) {
        let free = u32::try_from(slots.available_permits()).unwrap_or(u32::MAX);
        if free > 0
            && let Ok(permits) = slots.clone().try_acquire_many_owned(free)
        {
            self.add(permits);
        }
    }

    /// Requests more messages if no request is open, or if at least a quarter of the concurrency can be requested.
    /// Small requests would cost too much.
    async fn ask(&mut self, concurrency: usize) -> Result<(), BoxError> {
        // The server that holds a request reports its expiry, unless that server has ended in the meantime.
        let forgotten = |asked: &Instant| asked.elapsed() > EXPIRES + HEARTBEAT * MISSED;
        while self
            .requests
            .front()
            .is_some_and(|(asked, _)| forgotten(asked))
        {
            self.requests.pop_front();
        }
        let open = self.open();
        let more = self.held().saturating_sub(open);
        if more == 0 || (open > 0 && more < concurrency.div_ceil(4)) {
            return Ok(());
        }
        let batch = BatchConfig {
            batch: more,
            expires: Some(EXPIRES),
            idle_heartbeat: HEARTBEAT,
            ..BatchConfig::default()
        };
        let inbox = self.inbox.clone();
        self.consumer.request_batch(batch, inbox).await?;
        self.requests.push_back((Instant::now(), more));
        Ok(())
    }

    /// Handles what the server has sent: a message, or the status of a request.
    fn received(
        &mut self,
        message: async_nats::Message,
    ) -> Result<Option<(async_nats::Message, Option<OwnedSemaphorePermit>)>, BoxError> {
        match message.status {
            None | Some(StatusCode::OK) => {
                if let Some((_, open)) = self.requests.front_mut() {
                    *open = open.saturating_sub(1);
                    if *open == 0 {
                        self.requests.pop_front();
                    }
                }
                let permit = self.permits.as_mut().and_then(|it| it.split(1));
                Ok(Some((message, permit)))
            }
            Some(StatusCode::IDLE_HEARTBEAT) => Ok(None),
            // The oldest request has expired.
            Some(StatusCode::TIMEOUT) => {
                self.requests.pop_front();
                Ok(None)
            }
            Some(status) => {
                let said = message.description.unwrap_or_default();
                Err(format!("the server said {status} {said}").into())
            }
        }
    }
}
