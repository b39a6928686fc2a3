//! Everything that the shop does to the world outside. Calling one of these names does nothing yet. Only the
//! bank is asked directly, since its answer is needed.

use crate::partners::{Mail, Mailer, SearchIndex, Unreachable, Warehouse};

/// Who buys when little is left.
const PURCHASING: &str = "purchasing@shop.example";

/// Mails the buyer that the shop has the order.
#[airlock::effect(tags("mail"), redact(email), retry(attempts = 2, delay = "10ms"))]
pub async fn send_confirmation(
    #[resource] mailer: &dyn Mailer,
    order: i64,
    email: String,
) -> Result<(), Unreachable> {
    let text = format!("We have your order {order}.");
    mailer.send(Mail { to: email, text }).await
}

/// Mails the buyer that the money has arrived.
#[airlock::effect(tags("mail"), redact(email), retry(attempts = 2, delay = "10ms"))]
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
#[airlock::effect(tags("mail"), redact(email), retry(attempts = 2, delay = "10ms"))]
pub async fn send_parcel_notice(
    #[resource] mailer: &dyn Mailer,
    order: i64,
    email: String,
) -> Result<(), Unreachable> {
    let text = format!("Order {order} is on its way.");
    mailer.send(Mail { to: email, text }).await
}

/// Asks the warehouse to pack.
#[airlock::effect(tags("fulfilment"))]
pub async fn notify_warehouse(
    #[resource] warehouse: &dyn Warehouse,
    order: i64,
    sku: String,
    quantity: i64,
) -> Result<(), Unreachable> {
    warehouse.pack(order, sku, quantity).await
}

/// Tells purchasing that little is left. One mail for each item is enough.
#[airlock::effect(tags("mail"), key = sku, retry(attempts = 2, delay = "10ms"))]
pub async fn alert_stock(
    #[resource] mailer: &dyn Mailer,
    sku: String,
    left: i64,
) -> Result<(), Unreachable> {
    let to = PURCHASING.to_owned();
    let text = format!("Only {left} left of {sku}.");
    mailer.send(Mail { to, text }).await
}

/// Writes orders into the search index: one call for all of a scope.
#[airlock::effect(tags("search"), batch, key = orders)]
pub async fn index_order(
    #[resource] index: &dyn SearchIndex,
    orders: Vec<i64>,
) -> Result<(), Unreachable> {
    index.index_orders(orders).await
}

/// Shows the stock of an item in the listing.
#[airlock::effect(tags("search"), key = sku)]
pub async fn refresh_listing(
    #[resource] index: &dyn SearchIndex,
    sku: String,
) -> Result<(), Unreachable> {
    index.refresh_listing(sku).await
}
