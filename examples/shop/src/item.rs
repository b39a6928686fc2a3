//! What is for sale, and what follows from a change of its stock.

use serde::Serialize;

use crate::effects::{alert_stock, refresh_listing};
use crate::error::ShopError;

/// Fewer than this, and somebody should buy more.
const LOW: i64 = 2;

/// Something for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is known by.
    pub sku: String,
    /// What buyers read.
    pub name: String,
    /// What one costs.
    pub price_cents: i64,
    /// How many there are.
    pub stock: i64,
}

impl Item {
    /// Puts some aside for an order.
    ///
    /// # Errors
    ///
    /// [`ShopError::OutOfStock`] if there are too few.
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

    /// Some have arrived.
    ///
    /// # Errors
    ///
    /// [`ShopError::Invalid`] for a quantity that cannot be.
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
