//! The operations of the shop that change something. Each method loads, calls the domain, and saves, in one
//! transaction, which also stores the durable effects.

use super::Shop;
use crate::error::ShopError;
use crate::item::Item;
use crate::order::{NewOrder, Order, Placed, Status};

impl Shop {
    /// Places an order, and takes the goods from the stock. If an earlier request with the same key has created an
    /// order, returns that order and enqueues nothing.
    ///
    /// # Errors
    ///
    /// [`ShopError::Invalid`], [`ShopError::NoSuchItem`], [`ShopError::OutOfStock`], [`ShopError::KeyUsed`],
    /// [`ShopError::KeyInUse`].
    pub async fn place(&self, new: NewOrder) -> Result<Placed, ShopError> {
        new.check()?;
        self.transaction("place", async |mut tx| {
            let mut item = tx.lock_item(&new.sku).await?;
            if let Some(order) = tx.order_with_key(&new).await? {
                return match new.is_for(&order) {
                    true => Ok(Placed {
                        order,
                        is_new: false,
                    }),
                    false => Err(ShopError::KeyUsed(order.id)),
                };
            }
            let order = tx.insert_order(&new, &item).await?;
            order.confirm();
            // If the stock is too low, the transaction rolls back, and the confirmation is never mailed.
            item.take(order.quantity)?;
            tx.save_stock(&item).await?;
            Ok(Placed {
                order,
                is_new: true,
            })
        })
        .await
    }

    /// Charges the buyer's card for an order. The bank is asked before the transaction begins: a database transaction
    /// should not stay open while it waits for a bank. If the transaction fails, the buyer pays again, and the bank
    /// does not charge twice.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`], [`ShopError::WrongStatus`], [`ShopError::PaymentRefused`],
    /// [`ShopError::Unreachable`].
    pub async fn pay(&self, id: i64, card: String) -> Result<Order, ShopError> {
        let order = self.order(id).await?;
        order.needs(Status::Placed)?;
        if !self.inner.bank.charge(id, order.total_cents, card).await? {
            return Err(ShopError::PaymentRefused(id));
        }
        self.transaction("pay", async |mut tx| {
            let mut order = tx.lock_order(id).await?;
            order.mark_paid()?;
            tx.save_status(&order).await?;
            Ok(order)
        })
        .await
    }

    /// Marks an order as shipped.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`], [`ShopError::WrongStatus`].
    pub async fn ship(&self, id: i64) -> Result<Order, ShopError> {
        self.transaction("ship", async |mut tx| {
            let mut order = tx.lock_order(id).await?;
            order.ship()?;
            tx.save_status(&order).await?;
            Ok(order)
        })
        .await
    }

    /// Adds goods that have arrived.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchItem`], [`ShopError::Invalid`].
    pub async fn restock(&self, sku: &str, quantity: i64) -> Result<Item, ShopError> {
        self.transaction("restock", async |mut tx| {
            let mut item = tx.lock_item(sku).await?;
            item.restock(quantity)?;
            tx.save_stock(&item).await?;
            Ok(item)
        })
        .await
    }

    /// Breaks or repairs the mail server, for all servers on this database.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoMailServer`] if the shop forwards its mails, [`ShopError::Database`].
    pub async fn set_mail_works(&self, works: bool) -> Result<(), ShopError> {
        if self.forwards() {
            return Err(ShopError::NoMailServer);
        }
        Ok(self.inner.store.set_mail_works(works).await?)
    }
}
