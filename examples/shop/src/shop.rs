//! What can be done in the shop. Each of these loads, lets the domain decide, and saves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use airlock::tokio::{Spawn, TokioTimer};
use airlock::{Airlock, BuildError};
use tokio::time::timeout;

use crate::error::ShopError;
use crate::item::Item;
use crate::journal::{Journal, JournalReport};
use crate::notices::Notices;
use crate::order::{NewOrder, Order, Placed};
use crate::outside::{Outside, Sent};
use crate::parked::Parked;
use crate::partners::{Bank, Partners};
use crate::store::{self, Store};

/// The shop. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Shop {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    bank: Arc<dyn Bank>,
    outside: Arc<Outside>,
    airlock: Airlock,
    background: Spawn,
    journal: Journal,
    parked: Parked,
    notices: Notices,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Why a shop could not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Database(#[from] sqlx::Error),
    /// An effect lacks a resource, or the catalogue is not sound.
    #[error("the effects are not as they should be")]
    Effects(#[from] BuildError),
}

impl Shop {
    /// Opens a shop with the demo's partners, in a file or in memory. On tokio.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn open(file: Option<&Path>) -> Result<Self, StartError> {
        let store = Store::open(file).await?;
        let outside = Outside::new(store.clone());
        let partners = outside.partners();
        Self::with(store, outside, partners)
    }

    /// Opens a shop with partners of your own. On tokio.
    ///
    /// # Errors
    ///
    /// [`StartError::Effects`].
    pub fn with(
        store: Store,
        outside: Arc<Outside>,
        partners: Partners,
    ) -> Result<Self, StartError> {
        let (journal, parked) = (Journal::default(), Parked::default());
        let airlock = Airlock::builder()
            .shared_resource(partners.mailer)
            .shared_resource(partners.warehouse)
            .shared_resource(partners.index)
            .timer(TokioTimer)
            .on_report({
                let journal = journal.clone();
                move |report| journal.add(report)
            })
            .on_stranded({
                let parked = parked.clone();
                move |error| parked.park(error)
            })
            .build()?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                bank: partners.bank,
                outside,
                airlock,
                background: Spawn::current(),
                journal,
                parked,
                notices: Notices::default(),
            }),
        })
    }

    /// Takes an order, and puts the goods aside; or finds the order that a request with the same key has
    /// made before, from which nothing follows again.
    ///
    /// # Errors
    ///
    /// [`ShopError::Invalid`], [`ShopError::NoSuchItem`], [`ShopError::OutOfStock`], [`ShopError::KeyUsed`].
    pub async fn place(&self, new: NewOrder) -> Result<Placed, ShopError> {
        new.check()?;
        let mut transaction = self.inner.store.begin().await?;
        if let Some(order) = store::order_with_key(&mut transaction, &new).await? {
            return match new.is_for(&order) {
                true => Ok(Placed {
                    order,
                    is_new: false,
                }),
                false => Err(ShopError::KeyUsed(order.id)),
            };
        }
        let mut item = store::item(&mut transaction, &new.sku).await?;
        let order = store::insert_order(&mut transaction, &new, &item).await?;
        order.confirm();
        // If there are too few, the transaction rolls back, and the confirmation is never mailed.
        item.take(order.quantity)?;
        store::update_item(&mut transaction, &item).await?;
        transaction.commit().await?;
        Ok(Placed {
            order,
            is_new: true,
        })
    }

    /// A key for a new order: a form is sent with it.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn new_key(&self) -> Result<String, ShopError> {
        Ok(self.inner.store.random().await?)
    }

    /// Takes the money for an order.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`], [`ShopError::WrongStatus`], [`ShopError::PaymentRefused`].
    pub async fn pay(&self, id: i64, card: String) -> Result<Order, ShopError> {
        let mut order = self.order(id).await?;
        let before = order.status;
        order.mark_paid()?;
        // The receipt is wished already. If the card is refused, it is not sent.
        if !self.inner.bank.charge(id, order.total_cents, card).await? {
            return Err(ShopError::PaymentRefused(id));
        }
        self.inner.store.save_status(&order, before).await?;
        Ok(order)
    }

    /// The warehouse has handed the parcel over.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`], [`ShopError::WrongStatus`].
    pub async fn ship(&self, id: i64) -> Result<Order, ShopError> {
        let mut order = self.order(id).await?;
        let before = order.status;
        order.ship()?;
        self.inner.store.save_status(&order, before).await?;
        Ok(order)
    }

    /// Goods have arrived.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchItem`], [`ShopError::Invalid`].
    pub async fn restock(&self, sku: &str, quantity: i64) -> Result<Item, ShopError> {
        let mut transaction = self.inner.store.begin().await?;
        let mut item = store::item(&mut transaction, sku).await?;
        item.restock(quantity)?;
        store::update_item(&mut transaction, &item).await?;
        transaction.commit().await?;
        Ok(item)
    }

    /// An order.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`].
    pub async fn order(&self, id: i64) -> Result<Order, ShopError> {
        self.inner.store.order(id).await
    }

    /// The last orders, the newest first.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn orders(&self) -> Result<Vec<Order>, ShopError> {
        Ok(self.inner.store.orders().await?)
    }

    /// What is for sale.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn items(&self) -> Result<Vec<Item>, ShopError> {
        Ok(self.inner.store.items().await?)
    }

    /// What has reached the world outside, the newest first.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn sent(&self) -> Result<Vec<Sent>, ShopError> {
        Ok(self.inner.store.sent().await?)
    }

    /// What became of the last wishes, the newest first.
    #[must_use]
    pub fn reports(&self) -> Vec<JournalReport> {
        self.inner.journal.latest()
    }

    /// What could not be dispatched.
    #[must_use]
    pub fn parked(&self) -> &Parked {
        &self.inner.parked
    }

    /// What browsers have yet to be told.
    #[must_use]
    pub fn notices(&self) -> &Notices {
        &self.inner.notices
    }

    /// The demo's world outside.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.inner.outside
    }

    /// What its scopes open in: a server gives it to its outermost layer.
    #[must_use]
    pub fn airlock(&self) -> &Airlock {
        &self.inner.airlock
    }

    /// Performs what nobody waits for. A shutdown waits until it is drained.
    #[must_use]
    pub fn background(&self) -> Spawn {
        self.inner.background.clone()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Waits for what runs in the background, but no longer than `patience`, then closes the database.
    /// Said after the server has stopped.
    pub async fn close(&self, patience: Duration) {
        let _ = timeout(patience, self.inner.background.drained()).await;
        self.inner.store.close().await;
    }
}
