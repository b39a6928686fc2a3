//! The partners of the shop, as traits. Effects request them as resources.

use std::sync::Arc;

use airlock::executor::BoxFuture;
use airlock::tokio::TokioTimer;
use airlock::{Airlock, AirlockBuilder};

use crate::order::Status;

/// A mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// The text.
    pub text: String,
}

/// A partner could not be reached.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} cannot be reached")]
pub struct Unreachable(pub &'static str);

/// The future answer of a partner.
pub(crate) type Answer<'a> = BoxFuture<'a, Result<(), Unreachable>>;

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends a mail.
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), Unreachable>>;
}

/// Packs parcels.
pub trait Warehouse: Send + Sync {
    /// Packs an order.
    fn pack(
        &self,
        order: i64,
        sku: String,
        quantity: i64,
    ) -> BoxFuture<'_, Result<(), Unreachable>>;
}

/// Indexes orders and items for search.
pub trait SearchIndex: Send + Sync {
    /// Writes an order with its status, unless the index has a later one: durable effects run in no order.
    fn index_order(&self, order: i64, status: Status) -> BoxFuture<'_, Result<(), Unreachable>>;
    /// Refreshes the stock of an item.
    fn refresh_listing(&self, sku: String) -> BoxFuture<'_, Result<(), Unreachable>>;
}

/// Charges cards. The shop needs the answer, so this is a direct call and not an effect.
pub trait Bank: Send + Sync {
    /// Charges a card. Each order is charged once, even if this is called repeatedly. `false` if the card is refused.
    fn charge(
        &self,
        order: i64,
        cents: i64,
        card: String,
    ) -> BoxFuture<'_, Result<bool, Unreachable>>;
}

/// All partners.
#[derive(Clone)]
pub struct Partners {
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
    /// Packs parcels.
    pub warehouse: Arc<dyn Warehouse>,
    /// Indexes orders and items for search.
    pub index: Arc<dyn SearchIndex>,
    /// Charges cards.
    pub bank: Arc<dyn Bank>,
}

impl Partners {
    /// Returns the builder of an airlock with these partners as resources.
    pub(crate) fn airlock(&self) -> AirlockBuilder {
        Airlock::builder()
            .resource(self.mailer.clone())
            .resource(self.warehouse.clone())
            .resource(self.index.clone())
            .timer(TokioTimer)
    }
}

impl std::fmt::Debug for Partners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partners").finish_non_exhaustive()
    }
}
