//! River, as a program sees it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use airlock_core::{Airlock, Catalogue};
use airlock_durable::{BuildError, Forward, Keys, check_effects};
use airlock_sqlx::{TransactionError, Transactions};
use sqlx::Pool;

use crate::RiverDatabase;
use crate::forward::{Forwards, Which};
use crate::migration::Migration;
use crate::order::Turns;
use crate::wake::Wakes;
use crate::worker::WorkerBuilder;

/// River on one database: it stores durable intents as jobs, and performs them. Clones share it.
///
/// As an executor, of an airlock or a scope, it takes durable effects alone; the others go where they would go without
/// it. Outside of a transaction of its own it stores them in one after the flush; [`transaction`](Self::transaction)
/// stores them with the caller's data.
pub struct River<DB: RiverDatabase> {
    pub(crate) inner: Arc<Inner<DB>>,
}

pub(crate) struct Inner<DB: RiverDatabase> {
    pub(crate) pool: Pool<DB>,
    pub(crate) keys: Option<Keys>,
    pub(crate) wakes: Wakes,
    pub(crate) forwards: Forwards,
    pub(crate) turns: Turns,
    /// Whether the last intent could not be forwarded.
    pub(crate) is_failing: AtomicBool,
}

impl<DB: RiverDatabase> River<DB> {
    /// River on the database of this pool, with the defaults.
    ///
    /// # Errors
    ///
    /// As [`RiverBuilder::build`].
    pub fn new(pool: Pool<DB>) -> Result<Self, BuildError> {
        Self::builder(pool).build()
    }

    /// Describes River on the database of this pool.
    pub fn builder(pool: Pool<DB>) -> RiverBuilder<DB> {
        RiverBuilder {
            pool,
            keys: None,
            forwards: Forwards::default(),
            wake_at_most_every: Duration::from_millis(20),
        }
    }

    /// Creates River's tables, or brings them up to date.
    ///
    /// # Errors
    ///
    /// What the database said.
    pub async fn migrate(&self) -> Result<(), riverqueue::migrate::Error> {
        let pool = || self.inner.pool.clone();
        let mut pending = DB::pending(pool()).await?.versions.len();
        loop {
            let Err(error) = DB::migrate(pool()).await else {
                return Ok(());
            };
            // Another process may migrate at the same time: then it has come further, and so can we.
            let left = DB::pending(pool()).await?.versions.len();
            if left >= pending {
                return Err(error);
            }
            pending = left;
        }
    }

    /// The migrations that [`migrate`](Self::migrate) would apply, for a tool of your own.
    ///
    /// # Errors
    ///
    /// What the database said.
    pub async fn migrations(&self) -> Result<Vec<Migration>, riverqueue::migrate::Error> {
        let pending = DB::pending(self.inner.pool.clone()).await?;
        Ok(pending
            .versions
            .iter()
            .map(Migration::from_listed)
            .collect())
    }

    /// Runs work in a transaction and in a scope. It is committed if the work returns `Ok`: then its durable intents
    /// have been stored with its data, and the other effects leave. An error, a panic and a dropped future roll back,
    /// and discard what was enqueued.
    ///
    /// # Errors
    ///
    /// What the work returned, or [`TransactionError`].
    pub async fn transaction<T, E>(
        &self,
        work: impl AsyncFnOnce(&mut DB::Connection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<TransactionError>,
    {
        self.transactions().run(work).await
    }

    /// Runs work in a transaction that the caller began and commits: its durable intents are stored at the end of the
    /// work. The other effects leave then, unless a scope around holds them: put the commit into that scope.
    ///
    /// # Errors
    ///
    /// What the work returned, or [`TransactionError`]. Then roll back.
    pub async fn in_transaction<T, E>(
        &self,
        connection: &mut DB::Connection,
        work: impl AsyncFnOnce(&mut DB::Connection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<TransactionError>,
    {
        self.transactions().run_in(connection, work).await
    }

    /// What River can do.
    pub fn capabilities(&self) -> airlock_durable::Capabilities {
        crate::sql::capabilities()
    }

    /// Transactions whose scopes say more: a name, policies, an origin.
    pub fn transactions(&self) -> Transactions<DB, Self> {
        Transactions::new(self.inner.pool.clone()).store(self.clone())
    }

    /// Describes a worker that performs durable effects in an airlock, and forwards those that are to be forwarded.
    pub fn worker(&self, airlock: Airlock) -> WorkerBuilder<DB> {
        WorkerBuilder::new(self.clone(), Some(airlock))
    }

    /// Describes a worker that only forwards: the queues of [`forward_queue`](RiverBuilder::forward_queue), or all
    /// queues after [`forward_all`](RiverBuilder::forward_all). It needs no resources.
    pub fn forwarder(&self) -> WorkerBuilder<DB> {
        WorkerBuilder::new(self.clone(), None)
    }
}

impl<DB: RiverDatabase> Clone for River<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<DB: RiverDatabase> fmt::Debug for River<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("River")
            .field("database", &DB::NAME)
            .finish_non_exhaustive()
    }
}

/// Describes a [`River`].
#[must_use = "nothing is stored until it is built"]
pub struct RiverBuilder<DB: RiverDatabase> {
    pool: Pool<DB>,
    keys: Option<Keys>,
    forwards: Forwards,
    wake_at_most_every: Duration,
}

impl<DB: RiverDatabase> RiverBuilder<DB> {
    /// Seals the arguments that effects redact.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Chooses how often a queue's workers are woken at most; each 20 ms unless set. PostgreSQL takes the commits of
    /// transactions that wake others one by one, so a shorter interval slows busy producers down.
    pub fn wake_at_most_every(mut self, interval: Duration) -> Self {
        self.wake_at_most_every = interval;
        self
    }

    /// Forwards an effect to another engine: its intents are recorded as jobs, with the caller's data, and a worker
    /// hands each on to the engine, which performs it. Producers and workers have to say the same.
    pub fn forward_effect(mut self, id: impl Into<String>, engine: impl Forward) -> Self {
        self.forwards
            .add(Which::Effect(id.into()), Arc::new(engine));
        self
    }

    /// Forwards what is enqueued on a queue. An effect without a queue is on `default`.
    pub fn forward_queue(mut self, queue: impl Into<String>, engine: impl Forward) -> Self {
        self.forwards
            .add(Which::Queue(queue.into()), Arc::new(engine));
        self
    }

    /// Forwards everything.
    pub fn forward_all(mut self, engine: impl Forward) -> Self {
        self.forwards.add(Which::All, Arc::new(engine));
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if a durable effect redacts arguments and there are no keys, if River cannot hold its id, or if an
    /// effect is to be forwarded that does not exist.
    pub fn build(self) -> Result<River<DB>, BuildError> {
        check_effects(&crate::sql::capabilities(), self.keys.as_ref())?;
        let catalogue = Catalogue::global()?;
        for id in self.forwards.effects() {
            if !catalogue
                .find(id)
                .is_some_and(|effect| effect.id() == id && effect.is_durable())
            {
                return Err(BuildError::NoSuchEffect { id: id.to_owned() });
            }
        }
        let inner = Inner {
            pool: self.pool,
            keys: self.keys,
            wakes: Wakes::new(self.wake_at_most_every),
            forwards: self.forwards,
            turns: Turns::new(),
            is_failing: AtomicBool::new(false),
        };
        Ok(River {
            inner: Arc::new(inner),
        })
    }
}

impl<DB: RiverDatabase> fmt::Debug for RiverBuilder<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RiverBuilder")
            .field("database", &DB::NAME)
            .finish_non_exhaustive()
    }
}
