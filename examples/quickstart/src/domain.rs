//! The domain: orders and users, with the effects that belong to them. It does not know if or
//! when an effect is dispatched.

use crate::outside::Outside;

/// An order, as read from the file.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: u32,
    pub(crate) customer: String,
    pub(crate) email: String,
    pub(crate) total_cents: u32,
    pub(crate) processed: bool,
}

impl Order {
    /// This is the only place that knows which effects follow from processing an order.
    pub(crate) fn process(&mut self) {
        self.processed = true;
        airlock::enqueue(notify_warehouse(self.id));
        airlock::enqueue(send_confirmation(self.id, self.email.clone()));
        self.save();
    }

    /// Every save also updates the search index and the customer's total.
    pub(crate) fn save(&self) {
        airlock::enqueue(index_order(self.id));
        airlock::enqueue(refresh_total(self.customer.clone()));
    }
}

/// A user whose profile is enriched from another source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    pub(crate) id: u32,
}

impl User {
    /// Enqueues the enrichment on every save.
    pub(crate) fn save(self) {
        airlock::enqueue(enrich_user(self.id));
    }
}

/// Tells the warehouse to pack an order.
#[airlock::effect(tags("fulfilment"))]
pub(crate) fn notify_warehouse(#[resource] outside: &Outside, order: u32) {
    outside.count("warehouse notified");
    let _ = order;
}

/// Mails the buyer that the order went through.
#[airlock::effect(tags("mail"), redact(address), retry(attempts = 3, delay = "10ms"))]
pub(crate) fn send_confirmation(
    #[resource] outside: &Outside,
    order: u32,
    address: String,
) -> Result<(), String> {
    outside.count("confirmation mailed");
    drop((order, address));
    Ok(())
}

/// Writes orders into the search index, many at a time.
#[airlock::effect(batch, key = orders)]
pub(crate) fn index_order(#[resource] outside: &Outside, orders: Vec<u32>) {
    outside.count("search index written");
    drop(orders);
}

/// Recomputes the total of a customer's orders. Repeated calls coalesce by key.
#[airlock::effect(key = customer)]
pub(crate) fn refresh_total(#[resource] outside: &Outside, customer: String) {
    outside.count("total refreshed");
    drop(customer);
}

/// Fetches a user's data from another source, and saves the user.
#[airlock::effect]
pub(crate) fn enrich_user(#[resource] outside: &Outside, user: u32) {
    outside.count("user enriched");
    User { id: user }.save();
}
