//! Who the shop deals with, as it sees them. Effects ask for them as resources.

use std::sync::Arc;

use airlock::executor::BoxFuture;
use airlock::tokio::TokioTimer;
use airlock::{Airlock, AirlockBuilder};

use crate::order::Status;

/// A letter.
#[derive(Clone, Debug)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// A partner could not be reached.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} cannot be reached")]
pub struct Unreachable(pub &'static str);

/// What a partner answers, some time.
pub(crate) type Answer<'a> = BoxFuture<'a, Result<(), Unreachable>>;

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends one.
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

/// Makes orders and items findable.
pub trait SearchIndex: Send + Sync {
    /// Writes an order with its status, unless it has a later one: durable effects run in no order.
    fn index_order(&self, order: i64, status: Status) -> BoxFuture<'_, Result<(), Unreachable>>;
    /// Shows the stock of an item.
    fn refresh_listing(&self, sku: String) -> BoxFuture<'_, Result<(), Unreachable>>;
}

/// Takes money. The shop needs its answer, so this is a question and no effect.
pub trait Bank: Send + Sync {
    /// Charges a card; each order once, however often it is asked. `false` if the card is refused.
    fn charge(
        &self,
        order: i64,
        cents: i64,
        card: String,
    ) -> BoxFuture<'_, Result<bool, Unreachable>>;
}

/// All of them.
#[derive(Clone)]
pub struct Partners {
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
    /// Packs parcels.
    pub warehouse: Arc<dyn Warehouse>,
    /// Makes orders and items findable.
    pub index: Arc<dyn SearchIndex>,
    /// Takes money.
    pub bank: Arc<dyn Bank>,
}

impl Partners {
    /// Describes an airlock whose effects deal with these partners.
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
