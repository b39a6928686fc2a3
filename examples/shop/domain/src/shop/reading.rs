//! The queries of the shop.

use std::time::Duration;

use airlock::Airlock;
use tokio::time::{Instant, sleep};

use super::Shop;
use crate::error::ShopError;
use crate::item::Item;
use crate::jobs::{self, Job, JobQuery};
use crate::journal::JournalReport;
use crate::notices::Notices;
use crate::order::Order;
use crate::outside::{Outside, Sent};

/// The maximum time that an answer waits for jobs, and the polling interval.
const WAIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Shop {
    /// Returns an idempotency key for a new order, to be sent with its form.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn new_key(&self) -> Result<String, ShopError> {
        Ok(self.inner.store.random().await?)
    }

    /// Returns an order.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`].
    pub async fn order(&self, id: i64) -> Result<Order, ShopError> {
        self.inner.store.order(id).await
    }

    /// Returns the last orders, newest first.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn orders(&self) -> Result<Vec<Order>, ShopError> {
        Ok(self.inner.store.orders().await?)
    }

    /// Returns all items.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn items(&self) -> Result<Vec<Item>, ShopError> {
        Ok(self.inner.store.items().await?)
    }

    /// Returns everything that was sent to the outside world, newest first.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn sent(&self) -> Result<Vec<Sent>, ShopError> {
        Ok(self.inner.store.sent().await?)
    }

    /// Returns the last jobs, newest first. If the query has a `wait` condition, waits for it first, for at most 10
    /// seconds.
    ///
    /// # Errors
    ///
    /// [`ShopError::Jobs`].
    pub async fn jobs(&self, query: JobQuery) -> Result<Vec<Job>, ShopError> {
        let (river, deadline) = (&self.inner.river, Instant::now() + WAIT);
        if let Some(wait) = query.wait {
            while !jobs::is_over(river, wait).await? && Instant::now() < deadline {
                sleep(LOOK_EVERY).await;
            }
        }
        Ok(jobs::latest(river, query.state, self.inner.completed).await?)
    }

    /// Returns whether the shop forwards its durable effects to other processes, and performs none itself.
    #[must_use]
    pub fn forwards(&self) -> bool {
        self.inner.store.forwards()
    }

    /// Returns the last flush reports, newest first.
    #[must_use]
    pub fn reports(&self) -> Vec<JournalReport> {
        self.inner.journal.latest()
    }

    /// Returns the notices for browsers.
    #[must_use]
    pub fn notices(&self) -> &Notices {
        &self.inner.notices
    }

    /// Returns the demo's outside world.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.inner.outside
    }

    /// Returns the airlock of the shop: a server passes it to its outermost layer.
    #[must_use]
    pub fn airlock(&self) -> &Airlock {
        &self.inner.airlock
    }
}
