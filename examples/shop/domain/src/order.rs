//! Orders, and the effects of their changes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::effects::{
    index_order, notify_warehouse, send_confirmation, send_parcel_notice, send_receipt,
};
use crate::error::ShopError;

/// A new order, as the buyer enters it.
#[derive(Clone, Debug, Deserialize)]
pub struct NewOrder {
    /// The item.
    pub sku: String,
    /// The number of pieces.
    pub quantity: i64,
    /// The email address of the buyer.
    pub email: String,
    /// The idempotency key of the request. A request with a known key returns the existing order.
    #[serde(default)]
    pub key: Option<String>,
}

/// An order, and whether it is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// `true` if this request created it, `false` if an earlier one with the same key did.
    pub is_new: bool,
}

/// The status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The shop has the order, and has reserved the goods.
    Placed,
    /// The bank has charged the card.
    Paid,
    /// The parcel is on its way.
    Shipped,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Its number.
    pub id: i64,
    /// The item.
    pub sku: String,
    /// The number of pieces.
    pub quantity: i64,
    /// The email address of the buyer.
    pub email: String,
    /// Its total price, in cents.
    pub total_cents: i64,
    /// Its status.
    pub status: Status,
}

impl NewOrder {
    /// Checks the input.
    ///
    /// # Errors
    ///
    /// [`ShopError::Invalid`].
    pub fn check(&self) -> Result<(), ShopError> {
        if !(1..=100).contains(&self.quantity) {
            return Err(ShopError::Invalid(
                "the quantity must be from 1 to 100".into(),
            ));
        }
        let (name, host) = self.email.split_once('@').unwrap_or_default();
        if name.is_empty() || host.is_empty() || self.email.len() > 254 {
            return Err(ShopError::Invalid("the email must be an address".into()));
        }
        let key = self.key.as_deref().map_or(1, str::len);
        if !(1..=255).contains(&key) {
            return Err(ShopError::Invalid(
                "the idempotency key must have from 1 to 255 bytes".into(),
            ));
        }
        Ok(())
    }

    /// Sets the key from a header, if there is one. A program sends its key as a header, a form as a field.
    #[must_use]
    pub fn with_header(mut self, idempotency_key: Option<&[u8]>) -> Self {
        if let Some(key) = idempotency_key {
            self.key = Some(String::from_utf8_lossy(key).into_owned());
        }
        self
    }

    /// Returns whether an existing order has the same contents.
    pub(crate) fn is_for(&self, order: &Order) -> bool {
        (&self.sku, self.quantity, &self.email) == (&order.sku, order.quantity, &order.email)
    }
}

/// Each of these methods enqueues the effects of a change, and performs none of them.
impl Order {
    /// Enqueues the effects of a new order.
    pub fn confirm(&self) {
        airlock::enqueue(send_confirmation(self.id, self.email.clone()));
        self.changed();
    }

    /// Marks the order as paid.
    ///
    /// # Errors
    ///
    /// [`ShopError::WrongStatus`] unless its status is [`Status::Placed`].
    pub fn mark_paid(&mut self) -> Result<(), ShopError> {
        self.advance(Status::Placed, Status::Paid)?;
        airlock::enqueue(send_receipt(self.id, self.email.clone(), self.total_cents));
        airlock::enqueue(notify_warehouse(self.id, self.sku.clone(), self.quantity));
        self.changed();
        Ok(())
    }

    /// Marks the order as shipped.
    ///
    /// # Errors
    ///
    /// [`ShopError::WrongStatus`] unless its status is [`Status::Paid`].
    pub fn ship(&mut self) -> Result<(), ShopError> {
        self.advance(Status::Paid, Status::Shipped)?;
        airlock::enqueue(send_parcel_notice(self.id, self.email.clone()));
        self.changed();
        Ok(())
    }

    /// Updates the search index after every change.
    fn changed(&self) {
        airlock::enqueue(index_order(self.id, self.status));
    }

    /// Checks the status of the order.
    ///
    /// # Errors
    ///
    /// [`ShopError::WrongStatus`] if it has another status.
    pub fn needs(&self, status: Status) -> Result<(), ShopError> {
        match self.status == status {
            true => Ok(()),
            false => Err(ShopError::WrongStatus {
                order: self.id,
                is: self.status,
                needs: status,
            }),
        }
    }

    fn advance(&mut self, from: Status, to: Status) -> Result<(), ShopError> {
        self.needs(from)?;
        self.status = to;
        Ok(())
    }
}

impl Status {
    /// Returns the status as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
        }
    }

    pub(crate) fn from_column(text: &str) -> Option<Self> {
        [Self::Placed, Self::Paid, Self::Shipped]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
