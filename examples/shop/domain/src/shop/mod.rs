//! The shop: its database, its airlock, and its worker.

mod changing;
mod reading;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use airlock::Airlock;
use airlock::river::Running;
use airlock::river::riverqueue::Client;
use tokio::time::timeout;

use crate::error::{ShopError, StartError};
use crate::jetstream;
use crate::jobs::Progress;
use crate::journal::Journal;
use crate::notices::Notices;
use crate::outside::Outside;
use crate::partners::{Bank, Partners};
use crate::settings::Settings;
use crate::store::{Store, Transaction};

/// The shop. Clones share it.
#[derive(Clone, Debug)]
pub struct Shop {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    bank: Arc<dyn Bank>,
    outside: Arc<Outside>,
    airlock: Airlock,
    /// `None` after the shop was closed.
    worker: Mutex<Option<Running>>,
    river: Client,
    /// The state that is shown for jobs that River has completed.
    completed: Progress,
    journal: Journal,
    notices: Notices,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Shop {
    /// Opens a shop with the demo's partners that performs its durable effects itself. Must be called within a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn open(database: &str, key: [u8; 32]) -> Result<Self, StartError> {
        Self::with_outside(Store::open(database, key).await?)
    }

    /// Opens a shop with these settings and the demo's partners. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn from_settings(settings: &Settings) -> Result<Self, StartError> {
        let Settings {
            database,
            nats,
            key,
            ..
        } = settings;
        let Some(url) = nats else {
            return Self::open(database, *key).await;
        };
        let nats = jetstream::open(url, *key).await?;
        Self::with_outside(Store::forwarding(database, *key, nats).await?)
    }

    fn with_outside(store: Store) -> Result<Self, StartError> {
        let outside = Outside::new(store.clone());
        let partners = outside.partners();
        Self::with(store, outside, partners)
    }

    /// Opens a shop with your own partners, and starts its worker. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError::Effects`], [`StartError::Worker`].
    pub fn with(
        store: Store,
        outside: Arc<Outside>,
        partners: Partners,
    ) -> Result<Self, StartError> {
        let journal = Journal::default();
        let airlock = partners.airlock().on_report({
            let journal = journal.clone();
            move |report| journal.add(report)
        });
        let airlock = store.executor_of(airlock).build()?;
        let worker = store.work(airlock.clone())?;
        Ok(Self {
            inner: Arc::new(Inner {
                completed: match store.forwards() {
                    true => Progress::Forwarded,
                    false => Progress::Performed,
                },
                store,
                bank: partners.bank,
                outside,
                airlock,
                river: worker.client().clone(),
                worker: Mutex::new(Some(worker)),
                journal,
                notices: Notices::default(),
            }),
        })
    }

    /// Runs work in a transaction that is a scope, and stores the durable effects that the work enqueues.
    pub(crate) async fn transaction<T>(
        &self,
        name: &'static str,
        work: impl AsyncFnOnce(Transaction<'_>) -> Result<T, ShopError>,
    ) -> Result<T, ShopError> {
        let work = async |tx: Transaction<'_>| {
            self.inner.journal.note_request();
            work(tx).await
        };
        self.inner.store.transaction(name, work).await
    }

    /// Stops the worker, waiting at most `patience` for running effects. Then closes the database. Call it after the
    /// server has stopped.
    pub async fn close(&self, patience: Duration) {
        let worker = self.inner.worker.lock();
        let worker = worker.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            match timeout(patience, worker.stop()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the worker failed"
                    );
                }
                Err(_) => tracing::warn!("the worker was stopped in the middle of an effect"),
            }
        }
        self.inner.store.close().await;
    }
}
