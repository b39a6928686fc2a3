//! What can be done in the shop. Each method loads, lets the domain decide, and saves: in one transaction, which also
//! stores what follows from it.

use super::Shop;
use crate::error::ShopError;
use crate::item::Item;
use crate::order::{NewOrder, Order, Placed, Status};

impl Shop {
    /// Takes an order, and puts the goods aside; or finds the order that a request with the same key has
    /// made before, from which nothing follows again.
    ///
    /// # Errors
    ///
    /// [`ShopError::Invalid`], [`ShopError::NoSuchItem`], [`ShopError::OutOfStock`], [`ShopError::KeyUsed`].
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
            // If there are too few, the transaction rolls back, and the confirmation is never mailed.
            item.take(order.quantity)?;
            tx.save_stock(&item).await?;
            Ok(Placed {
                order,
                is_new: true,
            })
        })
        .await
    }

    /// Takes the money for an order. The bank is asked before the transaction begins: no other request should wait in
    /// the database for a bank. If the transaction fails, the buyer pays again, and the bank charges nothing twice.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`], [`ShopError::WrongStatus`], [`ShopError::PaymentRefused`].
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

    /// Notes that the warehouse has handed the parcel over.
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

    /// Breaks the mail server, or repairs it: for all servers on this database.
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
