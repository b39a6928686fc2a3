//! All side effects of the shop. Calling one of these functions only creates an intent. The bank is the exception: it
//! is called directly, because its answer is needed.
//!
//! All but one are durable: their intents are stored in the transaction that saves the data, and a worker performs
//! them at least once.

use crate::order::Status;
use crate::partners::{Mail, Mailer, SearchIndex, Unreachable, Warehouse};

/// The recipient of low-stock alerts.
const PURCHASING: &str = "purchasing@shop.example";

/// Mails the buyer that the shop has received the order.
#[airlock::effect(
    durable,
    name = "shop.send_confirmation",
    tags("mail"),
    redact(email),
    timeout = "5s",
    retry(attempts = 20, delay = "2s", max_delay = "5s")
)]
pub async fn send_confirmation(
    #[resource] mailer: &dyn Mailer,
    order: i64,
    email: String,
) -> Result<(), Unreachable> {
    let text = format!("We have your order {order}.");
    mailer.send(Mail { to: email, text }).await
}

/// Mails the buyer that the payment has arrived.
#[airlock::effect(
    durable,
    name = "shop.send_receipt",
    tags("mail"),
    redact(email),
    timeout = "5s",
    retry(attempts = 20, delay = "2s", max_delay = "5s")
)]
pub async fn send_receipt(
    #[resource] mailer: &dyn Mailer,
    order: i64,
    email: String,
    cents: i64,
) -> Result<(), Unreachable> {
    let text = format!("You have paid {cents} cents for order {order}.");
    mailer.send(Mail { to: email, text }).await
}

/// Mails the buyer that the parcel is on its way.
#[airlock::effect(
    durable,
    name = "shop.send_parcel_notice",
    tags("mail"),
    redact(email),
    timeout = "5s",
    retry(attempts = 20, delay = "2s", max_delay = "5s")
)]
pub async fn send_parcel_notice(
    #[resource] mailer: &dyn Mailer,
    order: i64,
    email: String,
) -> Result<(), Unreachable> {
    let text = format!("Order {order} is on its way.");
    mailer.send(Mail { to: email, text }).await
}

/// Asks the warehouse to pack an order.
#[airlock::effect(
    durable,
    name = "shop.notify_warehouse",
    tags("fulfilment"),
    timeout = "5s"
)]
pub async fn notify_warehouse(
    #[resource] warehouse: &dyn Warehouse,
    order: i64,
    sku: String,
    quantity: i64,
) -> Result<(), Unreachable> {
    warehouse.pack(order, sku, quantity).await
}

/// Alerts purchasing that the stock of an item is low. The key drops further alerts for the item while one is
/// pending. A lost alert does little harm, so it is given up after two attempts.
#[airlock::effect(
    durable,
    name = "shop.alert_stock",
    tags("mail"),
    key = sku,
    timeout = "5s",
    retry(attempts = 2, delay = "1s")
)]
pub async fn alert_stock(
    #[resource] mailer: &dyn Mailer,
    sku: String,
    left: i64,
) -> Result<(), Unreachable> {
    let to = PURCHASING.to_owned();
    let text = format!("Only {left} left of {sku}.");
    mailer.send(Mail { to, text }).await
}

/// Writes the status of an order to the search index.
#[airlock::effect(durable, name = "shop.index_order", tags("search"), timeout = "5s")]
pub async fn index_order(
    #[resource] index: &dyn SearchIndex,
    order: i64,
    status: Status,
) -> Result<(), Unreachable> {
    index.index_order(order, status).await
}

/// Refreshes the stock of an item in the listing. Best effort: it is not stored, and the next change refreshes it
/// again.
#[airlock::effect(tags("search"), key = sku)]
pub async fn refresh_listing(
    #[resource] index: &dyn SearchIndex,
    sku: String,
) -> Result<(), Unreachable> {
    index.refresh_listing(sku).await
}
