//! JetStream, as a program sees it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use airlock_core::Airlock;
use airlock_durable::{Capabilities, Dedupe, Keys, check_effects, is_plain_name};
use async_nats::Client;
use async_nats::jetstream::{Context, context::ContextBuilder};

use crate::BuildError;
use crate::server::Server;
use crate::subject::Names;
use crate::worker::WorkerBuilder;

/// How much of a message's size is left for what is not arguments. Of the rest, arguments take three quarters at most, since
/// sealed ones grow by a third.
const ABOUT: usize = 16 * 1024;

/// Durable effects on JetStream: it publishes their intents, and performs them. Clones share it.
///
/// As an executor, of an airlock or a scope, it takes durable effects alone; the others go where they would go without
/// it.
///
/// ```no_run
/// use airlock::Airlock;
/// use airlock::nats::{Nats, async_nats};
///
/// # async fn start() -> Result<(), airlock::BoxError> {
/// let client = async_nats::connect("localhost:4222").await?;
/// let nats = Nats::new(client)?;
/// nats.ensure_stream().await?;
/// let airlock = Airlock::builder().executor(nats.clone()).build()?;
/// let worker = nats.worker(airlock).start().await?;
/// # worker.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Nats {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) context: Context,
    pub(crate) names: Names,
    pub(crate) keys: Option<Keys>,
    pub(crate) settings: Settings,
    pub(crate) server: Server,
    /// Whether it has logged what the stream promises less.
    pub(crate) has_warned: AtomicBool,
}

/// What a program says of its streams.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) replicas: usize,
    pub(crate) window: usize,
    pub(crate) recognise_for: Duration,
    pub(crate) syncs_always: bool,
}

impl Nats {
    /// JetStream behind this client, with the defaults.
    ///
    /// # Errors
    ///
    /// As [`NatsBuilder::build`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub fn new(client: Client) -> Result<Self, BuildError> {
        Self::builder(client).build()
    }

    /// Describes JetStream behind this client.
    pub fn builder(client: Client) -> NatsBuilder {
        NatsBuilder {
            client,
            name: "airlock".to_owned(),
            partitions: 16,
            keys: None,
            settings: Settings {
                replicas: 1,
                window: 256,
                recognise_for: Duration::from_secs(600),
                syncs_always: false,
            },
        }
    }

    /// Describes a worker that performs durable effects in an airlock.
    pub fn worker(&self, airlock: Airlock) -> WorkerBuilder {
        WorkerBuilder::new(self.clone(), airlock)
    }

    /// What JetStream can do. Delays need version 2.12 of the server.
    pub fn capabilities(&self) -> Capabilities {
        let server = &self.inner.server;
        let mut nats = Capabilities::new("JetStream");
        nats.delay = server.has_schedules();
        nats.dedupe = Dedupe::WhileUnfinished;
        nats.recognises_for = Some(self.inner.settings.recognise_for);
        nats.ordering = true;
        nats.max_bytes = Some(server.max_payload().saturating_sub(ABOUT) / 4 * 3);
        nats.max_id_bytes = 127;
        nats.max_queue_bytes = 64;
        nats.plain_queues = true;
        nats
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats")
            .field("stream", &self.inner.names.stream())
            .finish_non_exhaustive()
    }
}

/// Describes a [`Nats`].
#[must_use = "nothing is published until it is built"]
pub struct NatsBuilder {
    client: Client,
    name: String,
    partitions: u16,
    keys: Option<Keys>,
    settings: Settings,
}

impl NatsBuilder {
    /// Names the stream, and what its subjects begin with; `airlock` unless set. Programs with the same name share
    /// their durable effects.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Seals the arguments that effects redact.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Chooses into how many partitions ordering keys fall; 16 unless set. One intent of a partition is performed at a
    /// time, so keys that fall into the same one wait for each other; each partition costs the server a consumer for
    /// each queue. All programs have to say the same, and change it only while no intent with an ordering key waits.
    pub fn partitions(mut self, partitions: u16) -> Self {
        self.partitions = partitions;
        self
    }

    /// Chooses how many servers of a cluster keep each intent; 1 unless set. [`Nats::ensure_stream`] uses it.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.settings.replicas = replicas;
        self
    }

    /// Says that the only server has `sync_interval: always`, so that an intent which it has answered for outlives a
    /// power failure. No client can see that.
    pub fn syncs_always(mut self) -> Self {
        self.settings.syncs_always = true;
        self
    }

    /// Chooses how many intents of a flush are sent before the first of them is answered for; 256 unless set.
    pub fn window(mut self, intents: usize) -> Self {
        self.settings.window = intents.max(1);
        self
    }

    /// Chooses how long the server recognises an intent that is published once more; 10 minutes unless set.
    /// [`Nats::ensure_stream`] uses it. The server keeps the ids of that time in memory.
    pub fn recognise_for(mut self, time: Duration) -> Self {
        self.settings.recognise_for = time;
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if JetStream cannot store a durable effect of this program, or the settings do not fit.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub fn build(self) -> Result<Nats, BuildError> {
        if !is_plain_name(&self.name) {
            return Err(BuildError::Name { name: self.name });
        }
        if self.partitions == 0 {
            return Err(BuildError::NoPartitions);
        }
        let context = ContextBuilder::new()
            // Each flush has a window of its own. With a common limit, flushes that have not yet looked at their
            // answers would wait for each other without end.
            .max_ack_inflight(1 << 20)
            .build(self.client.clone());
        let nats = Nats {
            inner: Arc::new(Inner {
                context,
                names: Names {
                    name: self.name,
                    partitions: self.partitions,
                },
                keys: self.keys,
                settings: self.settings,
                server: Server::new(self.client),
                has_warned: AtomicBool::new(false),
            }),
        };
        check_effects(&nats.capabilities(), nats.inner.keys.as_ref())?;
        Ok(nats)
    }
}

impl fmt::Debug for NatsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsBuilder")
            .field("name", &self.name)
            .field("partitions", &self.partitions)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
