//! Items for sale, and the effects of a change of their stock.

use serde::Serialize;

use crate::effects::{alert_stock, refresh_listing};
use crate::error::ShopError;

/// The alert is sent if the stock falls below this number.
const LOW: i64 = 2;

/// An item for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its stock-keeping unit, which identifies it.
    pub sku: String,
    /// Its name for buyers.
    pub name: String,
    /// Its price per piece, in cents.
    pub price_cents: i64,
    /// The number of pieces in stock.
    pub stock: i64,
}

impl Item {
    /// Takes pieces from the stock for an order.
    ///
    /// # Errors
    ///
    /// [`ShopError::OutOfStock`] if the stock is too low.
    pub fn take(&mut self, quantity: i64) -> Result<(), ShopError> {
        if quantity > self.stock {
            return Err(ShopError::OutOfStock {
                sku: self.sku.clone(),
                left: self.stock,
            });
        }
        self.stock -= quantity;
        if self.stock < LOW {
            airlock::enqueue(alert_stock(self.sku.clone(), self.stock));
        }
        airlock::enqueue(refresh_listing(self.sku.clone()));
        Ok(())
    }

    /// Adds pieces that have arrived.
    ///
    /// # Errors
    ///
    /// [`ShopError::Invalid`] if the quantity is out of range.
    pub fn restock(&mut self, quantity: i64) -> Result<(), ShopError> {
        if !(1..=1_000).contains(&quantity) {
            return Err(ShopError::Invalid(
                "the quantity must be from 1 to 1000".into(),
            ));
        }
        self.stock += quantity;
        airlock::enqueue(refresh_listing(self.sku.clone()));
        Ok(())
    }
}
