//! The handle to JetStream, and its builder.

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

/// The part of a message's maximum size that is reserved for everything but arguments, in bytes. Arguments may take
/// three quarters of the rest, because sealing makes them a third larger.
const ABOUT: usize = 16 * 1024;

/// Durable effects on JetStream: publishes their intents, and performs them. Clones share it.
///
/// As an executor of an airlock or a scope, it takes only durable effects; others go where they would go without it.
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
    /// `true` if the missing guarantees of the stream have been logged.
    pub(crate) has_warned: AtomicBool,
}

/// The settings of a program's streams.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) replicas: usize,
    pub(crate) window: usize,
    pub(crate) recognise_for: Duration,
    pub(crate) syncs_always: bool,
}

impl Nats {
    /// Creates a handle to JetStream on this client, with the defaults.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`NatsBuilder::build`].
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn new(client: Client) -> Result<Self, BuildError> {
        Self::builder(client).build()
    }

    /// Returns a builder for a handle to JetStream on this client.
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

    /// Returns a builder of a worker that performs durable effects in an airlock.
    pub fn worker(&self, airlock: Airlock) -> WorkerBuilder {
        WorkerBuilder::new(self.clone(), airlock)
    }

    /// Returns JetStream's capabilities. Delays need version 2.12 of the server.
    pub fn capabilities(&self) -> Capabilities {
        let server = &self.inner.server;
        let mut nats = Capabilities::new("JetStream");
        nats.delay = server.has_schedules();
        nats.dedupe = Dedupe::WhileUnfinished;
        nats.recognises_for = Some(self.inner.settings.recognise_for);
        nats.ordering = true;
        nats.max_argument_bytes = Some(server.max_payload().saturating_sub(ABOUT) / 4 * 3);
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

/// A builder of a [`Nats`].
#[must_use = "nothing is published until it is built"]
pub struct NatsBuilder {
    client: Client,
    name: String,
    partitions: u16,
    keys: Option<Keys>,
    settings: Settings,
}

impl NatsBuilder {
    /// Sets the name of the stream, which is also the prefix of its subjects; `airlock` unless set. Programs with the
    /// same name share their durable effects.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the keys that seal redacted arguments.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sets the number of partitions for ordering keys; 16 unless set. Intents of one partition are performed one at a
    /// time, so keys in the same partition wait for each other. Each partition costs the server one consumer per queue.
    /// Configure all programs identically, and change the number only while no intent with an ordering key is pending.
    pub fn partitions(mut self, partitions: u16) -> Self {
        self.partitions = partitions;
        self
    }

    /// Sets how many servers of a cluster store each intent; 1 unless set. [`Nats::ensure_stream`] uses it.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.settings.replicas = replicas;
        self
    }

    /// Declares that the only server has `sync_interval: always`, so that an acknowledged intent survives a power
    /// failure. The client cannot detect this setting.
    pub fn syncs_always(mut self) -> Self {
        self.settings.syncs_always = true;
        self
    }

    /// Sets how many intents of a flush are sent before the first answer is awaited; 256 unless set.
    pub fn window(mut self, intents: usize) -> Self {
        self.settings.window = intents.max(1);
        self
    }

    /// Sets how long the server recognises an intent that is published again; 10 minutes unless set.
    /// [`Nats::ensure_stream`] uses it. The server keeps the ids of that time in memory.
    pub fn recognise_for(mut self, time: Duration) -> Self {
        self.settings.recognise_for = time;
        self
    }

    /// Builds the handle.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`] if JetStream cannot store a durable effect of this program, or if a setting is invalid.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub fn build(self) -> Result<Nats, BuildError> {
        if !is_plain_name(&self.name) {
            return Err(BuildError::Name { name: self.name });
        }
        if self.partitions == 0 {
            return Err(BuildError::NoPartitions);
        }
        let context = ContextBuilder::new()
            // Each flush has its own window. With a shared limit, flushes that have not read their answers yet would
            // wait for each other forever.
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
