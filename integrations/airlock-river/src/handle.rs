//! River's handle and its builder.

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

/// A River on one database, which stores durable intents as jobs and performs them. Clones share it.
///
/// As an executor of an airlock or a scope, it takes only durable effects; others go where they would go without it.
/// [`transaction`](Self::transaction) stores intents with the caller's data. In any other scope, they are stored after
/// the flush, in a separate transaction.
pub struct River<DB: RiverDatabase> {
    pub(crate) inner: Arc<Inner<DB>>,
}

pub(crate) struct Inner<DB: RiverDatabase> {
    pub(crate) pool: Pool<DB>,
    pub(crate) keys: Option<Keys>,
    pub(crate) wakes: Wakes,
    pub(crate) forwards: Forwards,
    pub(crate) turns: Turns,
    /// `true` if the last intent could not be forwarded.
    pub(crate) is_failing: AtomicBool,
}

impl<DB: RiverDatabase> River<DB> {
    /// Creates a River on the database of this pool, with the defaults.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`RiverBuilder::build`].
    pub fn new(pool: Pool<DB>) -> Result<Self, BuildError> {
        Self::builder(pool).build()
    }

    /// Returns a builder of a River on the database of this pool.
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
    /// Returns the error of the database.
    pub async fn migrate(&self) -> Result<(), riverqueue::migrate::Error> {
        let pool = || self.inner.pool.clone();
        let mut pending = DB::pending(pool()).await?.versions.len();
        loop {
            let Err(error) = DB::migrate(pool()).await else {
                return Ok(());
            };
            // Another process that migrates at the same time makes this fail. Retry while fewer migrations are pending.
            let left = DB::pending(pool()).await?.versions.len();
            if left >= pending {
                return Err(error);
            }
            pending = left;
        }
    }

    /// Returns the migrations that [`migrate`](Self::migrate) would apply, for other migration tools.
    ///
    /// # Errors
    ///
    /// Returns the error of the database.
    pub async fn migrations(&self) -> Result<Vec<Migration>, riverqueue::migrate::Error> {
        let pending = DB::pending(self.inner.pool.clone()).await?;
        Ok(pending
            .versions
            .iter()
            .map(Migration::from_listed)
            .collect())
    }

    /// Runs work in a transaction and a scope. If the work returns `Ok`, its durable intents are stored with its data,
    /// the transaction is committed, and then the other effects are released. On an error, a panic or a dropped future,
    /// the transaction is rolled back, and the enqueued intents are discarded.
    ///
    /// # Errors
    ///
    /// Returns the error of the work, or a [`TransactionError`].
    pub async fn transaction<T, E>(
        &self,
        work: impl AsyncFnOnce(&mut DB::Connection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<TransactionError>,
    {
        self.transactions().run(work).await
    }

    /// Runs work in a transaction that the caller began and will commit. When the work ends, its durable intents are
    /// stored in the transaction, and the other effects are released. To hold those until the commit, call this and
    /// commit within an outer scope, which captures them.
    ///
    /// # Errors
    ///
    /// Returns the error of the work, or a [`TransactionError`]. The caller must then roll back.
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

    /// Returns River's capabilities.
    pub fn capabilities(&self) -> airlock_durable::Capabilities {
        crate::sql::capabilities()
    }

    /// Returns a configuration of transactions, to set options of their scopes: a name, policies, an origin.
    pub fn transactions(&self) -> Transactions<DB, Self> {
        Transactions::new(self.inner.pool.clone()).store(self.clone())
    }

    /// Returns a builder of a worker that performs durable effects in an airlock, and forwards those with a forwarding
    /// rule.
    pub fn worker(&self, airlock: Airlock) -> WorkerBuilder<DB> {
        WorkerBuilder::new(self.clone(), Some(airlock))
    }

    /// Returns a builder of a worker that only forwards. It takes the queues of
    /// [`forward_queue`](RiverBuilder::forward_queue), or all queues after [`forward_all`](RiverBuilder::forward_all).
    /// It needs no resources.
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

/// A builder of a [`River`].
#[must_use = "nothing is stored until it is built"]
pub struct RiverBuilder<DB: RiverDatabase> {
    pool: Pool<DB>,
    keys: Option<Keys>,
    forwards: Forwards,
    wake_at_most_every: Duration,
}

impl<DB: RiverDatabase> RiverBuilder<DB> {
    /// Sets the keys that seal redacted arguments.
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sets the minimum time between two wake-ups of a queue's workers; 20 ms unless set. PostgreSQL serialises the
    /// commits of transactions that wake workers, so a shorter interval slows down busy producers.
    pub fn wake_at_most_every(mut self, interval: Duration) -> Self {
        self.wake_at_most_every = interval;
        self
    }

    /// Forwards an effect to another engine. Its intents are recorded as jobs, with the caller's data, and a worker
    /// forwards each to the engine, which performs it. Configure producers and workers identically.
    pub fn forward_effect(mut self, id: impl Into<String>, engine: impl Forward) -> Self {
        self.forwards
            .add(Which::Effect(id.into()), Arc::new(engine));
        self
    }

    /// Forwards everything that is enqueued on a queue. An effect without a queue is on `default`.
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

    /// Builds the River.
    ///
    /// # Errors
    ///
    /// Returns a [`BuildError`]:
    ///
    /// - if a durable effect redacts arguments and there are no keys;
    /// - if the key of a durable effect contains a redacted argument;
    /// - if River does not support the id or the queue of a durable effect;
    /// - if a forwarded effect does not exist or is not durable;
    /// - if the catalogue is invalid.
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
