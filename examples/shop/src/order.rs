//! Orders, and what follows from what happens to them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::effects::{
    index_order, notify_warehouse, send_confirmation, send_parcel_notice, send_receipt,
};
use crate::error::ShopError;

/// What a buyer asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct NewOrder {
    /// The item.
    pub sku: String,
    /// How many.
    pub quantity: i64,
    /// Where mail goes.
    pub email: String,
    /// What the client calls this request. Sent again, it is answered with the order that exists.
    #[serde(default)]
    pub key: Option<String>,
}

/// An order, and whether it was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// Whether this request made it. Otherwise an earlier one with the same key has.
    pub is_new: bool,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The shop has it, and has put the goods aside.
    Placed,
    /// The bank has taken the money.
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
    /// How many.
    pub quantity: i64,
    /// Where mail goes.
    pub email: String,
    /// What it costs.
    pub total_cents: i64,
    /// How far it is.
    pub status: Status,
}

impl NewOrder {
    /// Checks what a stranger has typed.
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

    /// The same with this header as its key, if there is one: a program sends its key as a header, a form as a
    /// field.
    #[must_use]
    pub fn with_header(mut self, idempotency_key: Option<&[u8]>) -> Self {
        if let Some(key) = idempotency_key {
            self.key = Some(String::from_utf8_lossy(key).into_owned());
        }
        self
    }

    /// Whether this order is what it asks for.
    pub(crate) fn is_for(&self, order: &Order) -> bool {
        (&self.sku, self.quantity, &self.email) == (&order.sku, order.quantity, &order.email)
    }
}

/// Each of these says what follows from it, and does none of it.
impl Order {
    /// It has just been written down.
    pub fn confirm(&self) {
        airlock::enqueue(send_confirmation(self.id, self.email.clone()));
        self.changed();
    }

    /// The money is there.
    ///
    /// # Errors
    ///
    /// [`ShopError::WrongStatus`] unless it was placed and not paid.
    pub fn mark_paid(&mut self) -> Result<(), ShopError> {
        self.advance(Status::Placed, Status::Paid)?;
        airlock::enqueue(send_receipt(self.id, self.email.clone(), self.total_cents));
        airlock::enqueue(notify_warehouse(self.id, self.sku.clone(), self.quantity));
        self.changed();
        Ok(())
    }

    /// The parcel has left.
    ///
    /// # Errors
    ///
    /// [`ShopError::WrongStatus`] unless it was paid and not shipped.
    pub fn ship(&mut self) -> Result<(), ShopError> {
        self.advance(Status::Paid, Status::Shipped)?;
        airlock::enqueue(send_parcel_notice(self.id, self.email.clone()));
        self.changed();
        Ok(())
    }

    /// Every change is searchable.
    fn changed(&self) {
        airlock::enqueue(index_order(self.id, self.status));
    }

    /// Checks that the order is as far as this.
    ///
    /// # Errors
    ///
    /// [`ShopError::WrongStatus`] if it is not.
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
    /// As it is stored.
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
