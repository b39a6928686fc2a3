//! The effect that all drivers store.

/// Confirms an order to the buyer. This demo sends nothing.
#[airlock::effect(durable, name = "drivers.send_confirmation")]
pub fn send_confirmation(order: i64, to: String) {
    drop((order, to));
}
